// A thin RAII layer over SQLite. Errors name the database file. One thread at a time per Database.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem::sqlite {

class Statement {
 public:
  // Binds parameters in order, from the first '?'. Texts and blobs are copied.
  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view text);
  Statement& bind(const std::optional<double>& value) { return value ? bind(*value) : bindNull(); }
  Statement& bindBlob(std::string_view bytes);
  Statement& bindNull();

  Result<bool> next();  // true: a row is available
  Status run();         // runs to the end and resets for new parameters

  // Columns of the current row, from 0. Views are valid until the next call of next() or run().
  std::int64_t integer(int column) const;
  double number(int column) const;
  std::optional<double> optionalNumber(int column) const {
    return isNull(column) ? std::nullopt : std::optional(number(column));
  }
  std::string text(int column) const;
  std::string_view blob(int column) const;
  bool isNull(int column) const;

 private:
  friend class Database;
  Statement(sqlite3_stmt* statement, std::filesystem::path file)
      : statement_(statement), file_(std::move(file)) {}
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::filesystem::path file_;
  int bound_ = 0;
};

class Database {
 public:
  // Creates the file if missing; waits up to five seconds for other processes' locks.
  static Result<Database> open(const std::filesystem::path& file);
  // A read-only file, or one whose folder may not be written to. Changes of a process that still writes it
  // may be missing.
  static Result<Database> openReadOnly(const std::filesystem::path& file);
  // A private copy, which is deleted with the Database.
  static Result<Database> copyOf(const Database& original);
  Status execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  Result<std::int64_t> integer(std::string_view sql);  // the single number that the query returns
  std::int64_t lastInsertedRow() const { return sqlite3_last_insert_rowid(connection_.get()); }
  const std::filesystem::path& file() const { return file_; }

 private:
  static Result<Database> connect(const std::filesystem::path& file, const std::string& name, int flags);
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  std::unique_ptr<sqlite3, Close> connection_;
  std::filesystem::path file_;
};

// Rolls back unless commit() was reached.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);         // to write
  static Result<Transaction> beginReading(Database& database);  // reads a consistent snapshot
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace tandem::sqlite
