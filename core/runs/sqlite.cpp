#include "core/runs/sqlite.h"

#include <fmt/format.h>

namespace tandem::sqlite {
namespace {

Error errorOf(sqlite3* connection, const std::filesystem::path& file) {
  const int code = sqlite3_errcode(connection) & 0xff;
  Error error{ErrorCode::Io,
              std::string("the run database failed: ") + sqlite3_errmsg(connection),
              file.string(),
              {}};
  switch (code) {
    case SQLITE_FULL:
      error.hint = "Free some space on this disk";
      break;
    case SQLITE_IOERR:
      error.hint = "Check the disk and the file size limit (ulimit -f)";
      break;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      error.hint = "Choose a runs folder to which you can write (TANDEM_RUNS)";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      error.hint = "Another program has locked it; try again";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      error.code = ErrorCode::InvalidInput;
      error.hint = "The file is damaged or not a run database; move it away and Tandem will create a new one";
      break;
    default:
      break;
  }
  return error;
}

}  // namespace

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::bind(double value) {
  sqlite3_bind_double(statement_.get(), ++bound_, value);  // NaN becomes NULL
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(statement_.get(), ++bound_, text.data() ? text.data() : "", text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bindBlob(std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), ++bound_, bytes.data() ? bytes.data() : "", bytes.size(),
                      SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bindNull() {
  sqlite3_bind_null(statement_.get(), ++bound_);
  return *this;
}

Result<bool> Statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return errorOf(sqlite3_db_handle(statement_.get()), file_);
}

Status Statement::run() {
  while (true) {
    auto row = next();
    if (row.ok() && *row) continue;
    sqlite3_reset(statement_.get());
    bound_ = 0;
    if (!row.ok()) return std::move(row).error();
    return success();
  }
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double Statement::number(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}
bool Statement::isNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)))
              : "";
}

std::string_view Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return bytes ? std::string_view(bytes,
                                  static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)))
               : std::string_view();
}

Result<Database> Database::connect(const std::filesystem::path& file, const std::string& name, int flags) {
  Database database;
  database.file_ = file;
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &connection, flags, nullptr);
  database.connection_.reset(connection);
  if (!connection)
    return Error{ErrorCode::OutOfMemory, "not enough memory to open the run database", file.string(), {}};
  if (code != SQLITE_OK) return errorOf(connection, file);
  sqlite3_busy_timeout(connection, 5000);
  return database;
}

Result<Database> Database::open(const std::filesystem::path& file) {
  return connect(file, file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<Database> Database::openReadOnly(const std::filesystem::path& file) {
  TANDEM_ASSIGN(Database database, connect(file, file.string(), SQLITE_OPEN_READONLY));
  if (database.integer("SELECT COUNT(*) FROM sqlite_master").ok()) return database;
  // In WAL mode, even a reader writes a file next to the database, unless it is declared immutable.
  std::string uri = "file:";
  for (const char c : file.string()) {
    constexpr std::string_view kReserved = "%?#";
    if (kReserved.find(c) == std::string_view::npos)
      uri += c;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned>(c));
  }
  return connect(file, uri + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

Result<Database> Database::copyOf(const Database& original) {
  // An empty name: a temporary file.
  TANDEM_ASSIGN(Database copy, connect(original.file_, "", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  sqlite3_backup* backup =
      sqlite3_backup_init(copy.connection_.get(), "main", original.connection_.get(), "main");
  if (!backup) return errorOf(copy.connection_.get(), original.file_);
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) return errorOf(copy.connection_.get(), original.file_);
  return copy;
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return success();
  return errorOf(connection_.get(), file_);
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
      SQLITE_OK)
    return errorOf(connection_.get(), file_);
  return Statement(statement, file_);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  TANDEM_ASSIGN(Statement query, prepare(sql));
  TANDEM_ASSIGN(const bool found, query.next());
  return found ? query.integer(0) : 0;
}

Result<Transaction> Transaction::begin(Database& database) {
  TANDEM_TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Result<Transaction> Transaction::beginReading(Database& database) {
  TANDEM_TRY(database.execute("BEGIN"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_) (void)database_->execute("ROLLBACK");
}

Status Transaction::commit() {
  TANDEM_TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return success();
}

}  // namespace tandem::sqlite
