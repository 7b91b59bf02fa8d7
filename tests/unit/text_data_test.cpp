// Texts of tables, folders, files and generated sentences as tokens.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/data/column_use.h"
#include "core/data/detect.h"
#include "core/data/fingerprint.h"
#include "core/data/tokenizer.h"
#include "tests/unit/csv_load.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Tokens = std::vector<std::int32_t>;

bool notes(const DatasetInfo& info, std::string_view text) {
  return std::ranges::any_of(info.notes,
                             [&](const std::string& note) { return note.find(text) != note.npos; });
}

std::string errorOf(const DataSpec& spec) {
  const auto data = loadDataset(spec);
  const auto info = probeDataset(spec);
  EXPECT_EQ(data.ok(), info.ok());
  if (data.ok()) return "none";
  EXPECT_EQ(data.error().text(), info.ok() ? "none" : info.error().text());
  return data.error().text();
}

std::shared_ptr<const Dataset> read(const DataSpec& spec) {
  const auto data = loadDataset(spec);
  EXPECT_TRUE(data.ok()) << data.error().text();
  if (!data.ok()) return std::make_shared<const Dataset>();
  const auto info = probeDataset(spec);
  EXPECT_TRUE(info.ok()) << info.error().text();
  if (info.ok()) {
    EXPECT_EQ(info->inputs[0].sample, (*data)->info.inputs[0].sample);
    EXPECT_EQ(info->inputs[0].classNames, (*data)->info.inputs[0].classNames);
    EXPECT_EQ(info->fields, (*data)->info.fields);
    EXPECT_EQ(info->lengths.size(), (*data)->info.lengths.size());
    EXPECT_EQ(info->notes, (*data)->info.notes);
  }
  return *data;
}

// Without a split, so that all texts are training texts.
DataSpec whole(DataKind kind, const std::string& path) {
  DataSpec spec;
  spec.kind = kind;
  spec.path = path;
  spec.validationFraction = spec.testFraction = 0;
  return spec;
}

DataSpec reviews(const TempFolder& folder, std::string_view text) {
  DataSpec spec = whole(DataKind::Csv, folder.write("r.csv", text));
  spec.texts = {"review"};
  spec.table.header = HeaderChoice::Yes;
  return spec;
}

TEST(TextColumn, IsAnInputOfTokensBesideTheTable) {
  const TempFolder folder;
  const auto data = read(reviews(folder,
                                 "stars,review,shop,kind\n"
                                 "5,\"good, very good\",a,yes\n"
                                 "1,Not good,b,no\n"
                                 "2,bad,a,no\n"));
  const DatasetInfo& info = data->info;
  ASSERT_EQ(info.inputs.size(), 2u);
  EXPECT_EQ(info.inputs[0].name, "table");
  EXPECT_EQ(info.inputs[0].sample, (Shape{3}));
  const DataTensor& text = info.inputs[1];
  EXPECT_EQ(text.name, "review");
  EXPECT_EQ(text.sample, (Shape{4}));
  EXPECT_TRUE(text.varies);
  EXPECT_EQ(text.classNames, (Texts{"<padding>", "<unknown>", "good", ",", "bad", "not", "very"}));
  EXPECT_EQ(text.classes, 7);
  EXPECT_EQ(data->inputs[1].classOf, (Tokens{2, 3, 6, 2, 5, 2, 0, 0, 4, 0, 0, 0}));
  ASSERT_EQ(info.lengths.size(), 1u);
  EXPECT_EQ(info.lengths[0].name, "review length");
  EXPECT_EQ(info.lengths[0].classes, 5);
  EXPECT_EQ(data->lengths[0].classOf, (Tokens{4, 2, 1}));
  EXPECT_EQ(info.tensors(), 4u);
  EXPECT_EQ(info.lengthsOf(1), 3u);
  EXPECT_EQ(data->values(3).classOf, data->lengths[0].classOf);
  EXPECT_EQ(info.featureNames(), (Texts{"stars", "shop=a", "shop=b"}));
  EXPECT_TRUE(notes(info, "Column \"review\" is read as words: 5 different ones in the training set"));
  Tokens batch(4);
  data->gather(1, std::vector<std::int64_t>{1}, batch.data());
  EXPECT_EQ(batch, (Tokens{5, 2, 0, 0}));
}

TEST(TextColumn, DescribesItsVocabularyForNewData) {
  const TempFolder folder;
  const auto data = read(reviews(folder, "review,kind\nA b,x\nb,y\n"));
  const Preprocessing described = preprocessingOf(*data);
  ASSERT_EQ(described.fields.size(), 2u);
  const Field& field = described.fields[0];
  EXPECT_EQ(field.kind, FieldKind::Text);
  EXPECT_EQ(field.categories, (Texts{"<padding>", "<unknown>", "b", "a"}));
  EXPECT_EQ(field.text.steps, 2);
  EXPECT_EQ(field.text.stride, 0);
  EXPECT_TRUE(field.mean.empty());
  ASSERT_EQ(described.inputs().size(), 1u);
  EXPECT_TRUE(described.inputs()[0].isText());
  EXPECT_EQ(described.inputs()[0].name, "review");
  EXPECT_EQ(described.inputs()[0].sample(), (Shape{2}));
}

TEST(TextColumn, TheVocabularyIsThatOfTheTrainingSet) {
  const TempFolder folder;
  std::string text = "review,kind\n";
  for (int i = 0; i < 40; ++i) text += "word" + std::to_string(i) + " same," + (i % 2 ? "a" : "b") + "\n";
  DataSpec spec = reviews(folder, text);
  spec.validationFraction = 0.5;
  const auto data = read(spec);
  const auto training = data->part(SplitPart::Train).size();
  EXPECT_EQ(data->info.inputs[0].classNames.size(), training + 3) << "same, and a word of each training text";
  for (const std::int64_t i : data->part(SplitPart::Validation)) {
    const auto at = static_cast<std::size_t>(2 * i);
    EXPECT_EQ(data->inputs[0].classOf[at], kUnknown);
    EXPECT_EQ(data->inputs[0].classOf[at + 1], 2) << "the most frequent word";
  }
  EXPECT_TRUE(notes(data->info, "50.0% of the words in the validation set are unknown"));
}

TEST(TextColumn, LongTextsAreCutAtTheEnd) {
  const TempFolder folder;
  DataSpec spec = reviews(folder, "review,kind\na b c,x\na b,y\n");
  spec.text.steps = 2;
  const auto data = read(spec);
  EXPECT_EQ(data->inputs[0].classOf, (Tokens{2, 3, 2, 3}));
  EXPECT_EQ(data->lengths[0].classOf, (Tokens{2, 2}));
  EXPECT_TRUE(notes(data->info, "1 of 2 texts are cut at the end, because they have more than 2 words"));
  // Of long texts, 5% may be cut; one of 40 is.
  std::string text = "review,kind\n";
  for (int i = 0; i < 40; ++i) {
    for (int k = 0; k < (i == 0 ? 900 : 220); ++k) text += "w ";
    text += i % 2 ? "z,a\n" : "z,b\n";
  }
  const auto longer = read(reviews(folder, text));
  EXPECT_EQ(longer->info.inputs[0].sample, (Shape{221}));
}

TEST(TextColumn, MissingTextsAreSkippedAndEmptyOnesUnknown) {
  const TempFolder folder;
  const auto data = read(reviews(folder, "review,kind\na b,x\n,x\n\"\",y\nb,y\n"));
  EXPECT_EQ(data->size(), 3);
  EXPECT_EQ(data->inputs[0].classOf, (Tokens{3, 2, 1, 0, 2, 0}));
  EXPECT_EQ(data->lengths[0].classOf, (Tokens{2, 1, 1}));
  EXPECT_TRUE(notes(data->info, "Skipped 1 row with missing values"));
  EXPECT_TRUE(notes(data->info, "1 text without words is read as one unknown token"));
}

TEST(TextColumn, SeveralTextsHaveTheirOwnVocabularies) {
  const TempFolder folder;
  DataSpec spec = reviews(folder, "title,review,kind\na,x y,k\nb,x,l\n");
  spec.texts = {"title", "review"};
  const auto data = read(spec);
  ASSERT_EQ(data->info.inputs.size(), 2u);
  EXPECT_EQ(data->info.inputs[0].classNames, (Texts{"<padding>", "<unknown>", "a", "b"}));
  EXPECT_EQ(data->info.inputs[1].classNames, (Texts{"<padding>", "<unknown>", "x", "y"}));
  EXPECT_EQ(data->lengths[1].classOf, (Tokens{2, 1}));
  EXPECT_EQ(data->info.lengthsOf(1), data->info.tensors() - 1);
}

TEST(TextColumn, RefusalsNameWhatToDo) {
  const TempFolder folder;
  DataSpec spec = reviews(folder, "review,kind\na,x\na,y\n");
  EXPECT_NE(errorOf(spec).find("column \"review\" of the training set contains only one token"),
            std::string::npos);
  spec = reviews(folder, "review,kind\na b,x\nb,y\n");
  spec.texts = {"kind"};
  EXPECT_NE(errorOf(spec).find("column \"kind\" is text, which cannot be predicted"), std::string::npos);
  spec.texts = {"opinion"};
  EXPECT_NE(errorOf(spec).find("there is no column \"opinion\""), std::string::npos);
  spec.texts = spec.numbers = {"review"};
  EXPECT_NE(errorOf(spec).find("column \"review\" is set to both a number and a text"), std::string::npos);
  spec = reviews(folder, "table,n,kind\na b,1,x\nb,2,y\n");
  spec.texts = {"table"};
  EXPECT_NE(errorOf(spec).find("column \"table\" has the same name as the input"), std::string::npos);
}

TEST(TextColumn, ProseIsOfferedAsText) {
  std::string text = "review,kind\n", wide = "review,n,kind\n";
  for (int i = 0; i < 60; ++i) {
    const std::string prose = "it took me " + std::to_string(i) + " days to finish";
    text += prose + (i % 2 ? ",a\n" : ",b\n");
    wide += prose + (i % 2 ? ",1,a\n" : ",2,b\n");
  }
  DataSpec spec = table();
  spec.table.header = HeaderChoice::Yes;
  EXPECT_NE(refusal(text, spec).find("if they are sentences or longer texts, among the texts"),
            std::string::npos);
  EXPECT_TRUE(mentions(load(wide, spec), "or among the texts, which are read word by word"));
}

TEST(TextColumn, IsAUseOfAColumn) {
  const std::vector<std::string> names{"review", "kind"};
  DataSpec spec;
  ASSERT_TRUE(setUse(spec, names, 0, ColumnUse::Text).ok());
  EXPECT_EQ(spec.texts, Texts{"review"});
  EXPECT_EQ(useOf(spec, names, 0), ColumnUse::Text);
  ASSERT_TRUE(setUse(spec, names, 0, ColumnUse::Category).ok());
  EXPECT_TRUE(spec.texts.empty());
  EXPECT_EQ(useOf(spec, names, 0), ColumnUse::Category);
}

TEST(TextFolder, ClassesAreSubfolders) {
  const TempFolder folder;
  folder.write("neg/1.txt", "Bad film\r\n");
  folder.write("neg/2.txt", "");
  folder.write("pos/1.txt", "good");
  folder.write("pos/deep/2.txt", "\xef\xbb\xbfgood film");
  folder.write("pos/notes.md", "x");
  const auto data = read(whole(DataKind::TextFolder, folder.path()));
  EXPECT_EQ(data->info.targets[0].classNames, (Texts{"neg", "pos"}));
  EXPECT_EQ(data->targets[0].classOf, (Tokens{0, 1, 1}));
  EXPECT_EQ(data->info.inputs[0].classNames, (Texts{"<padding>", "<unknown>", "film", "good", "bad"}));
  EXPECT_EQ(data->inputs[0].classOf, (Tokens{4, 2, 3, 0, 3, 2}));
  EXPECT_TRUE(notes(data->info, "Left out 1 file without text: neg/2.txt"));
  EXPECT_TRUE(notes(data->info, "Skipped 1 file that does not end in .txt: pos (1 .md)"));
  EXPECT_TRUE(notes(data->info, "Texts in subfolders belong to the class of the outer folder: pos (1)"));
  EXPECT_EQ(detectData(folder.path())->kind, DataKind::TextFolder);
}

TEST(TextFolder, HasItsOwnSplit) {
  const TempFolder folder;
  for (const char* name : {"train/a/1.txt", "train/b/1.txt"}) folder.write(name, "one two");
  for (const char* name : {"test/a/1.txt", "test/b/1.txt"}) folder.write(name, "two three");
  const auto data = read(whole(DataKind::TextFolder, folder.path()));
  EXPECT_EQ(data->part(SplitPart::Test).size(), 2u);
  EXPECT_EQ(data->inputs[0].classOf, (Tokens{2, 3, 2, 3, 3, 1, 3, 1})) << "only words of the training folder";
}

TEST(TextFolder, RefusalsNameTheFile) {
  const TempFolder folder;
  folder.write("a/1.txt", "x y");
  EXPECT_NE(errorOf(whole(DataKind::TextFolder, folder.path())).find("only one subfolder with texts"),
            std::string::npos);
  folder.write("b/1.html", "x y");
  const std::string empty = errorOf(whole(DataKind::TextFolder, folder.path()));
  EXPECT_NE(empty.find("this class folder contains no text files (.txt), only other files: b (1 .html)"),
            std::string::npos)
      << empty;
  folder.write("b/2.txt", "caf\xe9");
  DataSpec spec = whole(DataKind::TextFolder, folder.path());
  const std::string encoding = errorOf(spec);
  EXPECT_NE(encoding.find("b/2.txt:1"), std::string::npos) << encoding;
  EXPECT_NE(encoding.find("the text is not UTF-8"), std::string::npos) << encoding;
  spec.table.encoding = "iso-8859-1";
  const auto data = read(spec);
  EXPECT_EQ(data->info.inputs[0].classNames, (Texts{"<padding>", "<unknown>", "café", "x", "y"}));
  spec.table.encoding = "";
  folder.write("b/2.txt", std::string("\x89PNG\r\n\x1a\n", 8));
  EXPECT_NE(errorOf(spec).find("this is a PNG image, not a plain text"), std::string::npos);
  folder.write("b/3.txt", std::string("ab\0c", 4));
  spec.skipDamaged = true;
  EXPECT_NE(errorOf(spec).find("none"), std::string::npos) << "x and y remain, of class a";
  EXPECT_NE(errorOf(whole(DataKind::TextFolder, folder.file("none"))).find("does not exist"),
            std::string::npos);
}

// Characters, so that a window is easy to read.
DataSpec novel(const TempFolder& folder, std::string_view text, std::int64_t steps, std::int64_t stride = 0) {
  DataSpec spec = whole(DataKind::TextFile, folder.write("novel.txt", text));
  spec.text = {.unit = TextUnit::Characters, .steps = steps, .stride = stride};
  return spec;
}

TEST(TextFile, TheTargetIsTheNextTokenOfEachStep) {
  const TempFolder folder;
  const auto data = read(novel(folder, "abcabcab", 3));
  const DatasetInfo& info = data->info;
  EXPECT_EQ(info.inputs[0].sample, (Shape{3}));
  EXPECT_FALSE(info.inputs[0].varies);
  EXPECT_TRUE(info.lengths.empty());
  EXPECT_EQ(info.inputs[0].classNames, (Texts{"<padding>", "<unknown>", "a", "b", "c"}));
  EXPECT_EQ(info.targets[0].name, "next");
  EXPECT_EQ(info.targets[0].sample, (Shape{3}));
  EXPECT_EQ(info.targets[0].classNames, info.inputs[0].classNames);
  EXPECT_EQ(data->inputs[0].classOf, (Tokens{2, 3, 4, 2, 3, 4}));
  EXPECT_EQ(data->targets[0].classOf, (Tokens{3, 4, 2, 3, 4, 2}));
  EXPECT_EQ(info.targets[0].classCounts, (std::vector<std::int64_t>{0, 0, 2, 2, 2}));
  EXPECT_FALSE(notes(info, "Warning"));
  EXPECT_EQ(read(novel(folder, "abcabcab", 3, 1))->size(), 5);
}

TEST(TextFile, ItsEndIsTheTestSet) {
  const TempFolder folder;
  std::string text;
  for (int i = 0; i < 60; ++i) text += "ab ";
  for (int i = 0; i < 20; ++i) text += "cd ";
  for (int i = 0; i < 20; ++i) text += "ef ";
  DataSpec spec = novel(folder, text, 5);
  spec.testFraction = 0.2;
  spec.validationFraction = 0.25;
  const auto data = read(spec);
  EXPECT_EQ(data->info.inputs[0].classNames, (Texts{"<padding>", "<unknown>", " ", "a", "b"}));
  // 180 characters, 60 and 60: a window every 5, with a next one after it.
  EXPECT_EQ(data->part(SplitPart::Train).size(), 35u);
  EXPECT_EQ(data->part(SplitPart::Validation).size(), 11u);
  EXPECT_EQ(data->part(SplitPart::Test).size(), 11u);
  EXPECT_EQ(data->part(SplitPart::Test)[0], 46);
  EXPECT_TRUE(notes(data->info, "66.7% of the characters in the validation part are unknown"));
}

TEST(TextFile, WordsAreAlsoPossible) {
  const TempFolder folder;
  DataSpec spec = whole(DataKind::TextFile, folder.write("w.txt", "The cat. The dog."));
  spec.text.steps = 2;
  const auto data = read(spec);
  EXPECT_EQ(data->info.inputs[0].classNames, (Texts{"<padding>", "<unknown>", ".", "the", "cat", "dog"}));
  EXPECT_EQ(data->inputs[0].classOf, (Tokens{3, 4, 2, 3}));
  EXPECT_EQ(data->targets[0].classOf, (Tokens{4, 2, 3, 5}));
}

TEST(TextFile, RefusalsNameWhatIsTooShort) {
  const TempFolder folder;
  EXPECT_NE(
      errorOf(novel(folder, "abc", 3))
          .find("the training part of the text has 3 characters, but a window and its next token need 4"),
      std::string::npos);
  DataSpec spec = novel(folder, std::string(100, 'a') + std::string(100, 'b'), 30);
  spec.testFraction = 0.1;
  EXPECT_NE(errorOf(spec).find("the test part of the text has 20 characters"), std::string::npos);
  EXPECT_NE(errorOf(novel(folder, "aaaaaaaa", 3)).find("only one token"), std::string::npos);
  EXPECT_NE(errorOf(novel(folder, "", 3)).find("the file is empty"), std::string::npos);
  EXPECT_NE(errorOf(novel(folder, "ab\xff", 3)).find("novel.txt:1"), std::string::npos);
  EXPECT_NE(errorOf(novel(folder, std::string("PK\3\4abc", 7), 3)).find("ZIP archive"), std::string::npos);
  EXPECT_NE(errorOf(whole(DataKind::TextFile, "")).find("no text file is chosen"), std::string::npos);
}

TEST(TextFile, IsDetectedUnlessItIsATable) {
  const TempFolder folder;
  const auto detected =
      detectData(folder.write("book.txt", "Once upon a time, there was\na king.\n\nHe, too, slept.\n"));
  ASSERT_TRUE(detected.ok());
  EXPECT_EQ(detected->kind, DataKind::TextFile);
  EXPECT_EQ(detected->text.unit, TextUnit::Characters);
  EXPECT_EQ(detectData(folder.write("table.txt", "a,b\n1,2\n3,4\n5,6\n"))->kind, DataKind::Csv);
  EXPECT_EQ(detectData(folder.write("list.csv", "Once upon a time\n"))->kind, DataKind::Csv);
  // What cannot be read is refused as a text. UTF-16 without a byte order mark can, with its encoding.
  const auto wide = [](std::string_view text) {
    std::string bytes;
    for (const char c : text) bytes += {c, '\0'};
    return bytes;
  };
  EXPECT_EQ(detectData(folder.write("empty.txt", ""))->kind, DataKind::TextFile);
  EXPECT_EQ(detectData(folder.write("wide.txt", wide("Once upon a time\nthere was a king.\n")))->kind,
            DataKind::TextFile);
  EXPECT_EQ(detectData(folder.write("wide_table.txt", wide("a,b\n1,2\n3,4\n5,6\n")))->kind, DataKind::Csv);
}

TEST(Sentences, DependOnTheOrderOfTheirWords) {
  DataSpec spec;
  spec.generator = "sentences";
  spec.count = 600;
  spec.noise = 0;
  const auto data = read(spec);
  EXPECT_EQ(data->info.targets[0].classNames, (Texts{"negative", "positive"}));
  EXPECT_TRUE(data->info.inputs[0].varies);
  EXPECT_EQ(data->size(), 600);
  // The last word of praise or blame, reversed by "not" before it in the same clause, is the class.
  const std::vector<std::string>& words = data->info.inputs[0].classNames;
  const Texts praise{"good", "great", "lovely", "fine", "brilliant", "charming", "splendid", "pleasant"};
  const auto steps = static_cast<std::size_t>(data->info.inputs[0].sample[0]);
  int negated = 0;
  for (std::size_t i = 0; i < 600; ++i) {
    bool no = false, good = false;
    const auto length = static_cast<std::size_t>(data->lengths[0].classOf[i]);
    ASSERT_GT(length, 4u);
    for (std::size_t k = 0; k < length; ++k) {
      const std::string& word = words[static_cast<std::size_t>(data->inputs[0].classOf[i * steps + k])];
      if (word == ",") no = false;
      if (word == "not") no = true;
      if (k + 2 == length) good = std::ranges::find(praise, word) != praise.end();
    }
    negated += no;
    EXPECT_EQ(data->targets[0].classOf[i], good != no ? 1 : 0) << i;
  }
  EXPECT_GT(negated, 200);
  EXPECT_LT(negated, 400);
  const std::string before = fingerprint(*data);
  EXPECT_EQ(fingerprint(*read(spec)), before);
  spec.splitSeed = 2;
  EXPECT_NE(fingerprint(*read(spec)), before);
  spec.noise = 1.5;
  EXPECT_NE(errorOf(spec).find("as a share of sentences it must be between 0 and 1"), std::string::npos);
  spec.noise = 0;
  spec.count = 200'000;
  EXPECT_NE(errorOf(spec).find("at most 100000"), std::string::npos);
}

TEST(TextData, EncodingCanBeCancelled) {
  const TempFolder folder;
  std::string text = "review,kind\n";
  for (int i = 0; i < 200; ++i) text += "word" + std::to_string(i) + " again," + (i % 2 ? "a\n" : "b\n");
  DataSpec spec = whole(DataKind::Csv, folder.write("reviews.csv", text));
  spec.texts = {"review"};
  for (const TextUnit unit : {TextUnit::Words, TextUnit::Pairs}) {
    spec.text.unit = unit;
    int complete = 0;
    EXPECT_TRUE(loadDataset(spec, [&](double done) {
                  complete += done == 1 ? 1 : 0;
                  return true;
                }).ok());
    EXPECT_GT(complete, 200) << "after the texts were read";
    for (const int last : {1, complete / 2}) {
      int calls = 0;
      const auto data = loadDataset(spec, [&](double done) { return done < 1 || ++calls < last; });
      ASSERT_FALSE(data.ok());
      EXPECT_EQ(data.error().code, ErrorCode::Cancelled);
    }
  }
}

}  // namespace
}  // namespace tandem
