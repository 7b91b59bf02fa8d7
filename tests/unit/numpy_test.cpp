// NumPy arrays as data: the formats .npy and .npz, the roles and shapes of arrays, and what is refused.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstring>

#include "core/data/dataset.h"
#include "core/data/detect.h"
#include "core/data/encode.h"
#include "core/data/npy.h"
#include "core/data/preprocessing.h"
#include "core/data/zip.h"
#include "core/network/project.h"
#include "core/network/propose.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Classes = std::vector<std::int32_t>;
using Names = std::vector<std::string>;
using Floats = std::vector<float>;

template <class Value>
std::string bytesOf(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int k = 0; k < bytes; ++k) text += static_cast<char>(value >> (8 * k) & 0xff);
  return text;
}

std::string npyWith(const std::string& header, const std::string& data, int version = 1) {
  return "\x93NUMPY" + number(static_cast<std::uint64_t>(version), 2) +
         number(header.size(), version == 1 ? 2 : 4) + header + data;
}

// type: "<f4"; shape: "3, 2" or "3,"
std::string npy(const std::string& type, const std::string& shape, const std::string& data,
                bool fortran = false) {
  return npyWith("{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
                     ", 'shape': (" + shape + "), }     \n",
                 data);
}

std::string deflated(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

struct Member {
  std::string name, content;
};

// NOLINTBEGIN(performance-inefficient-string-concatenation): small files, of which the fields stay in order this way
// As numpy.savez and numpy.savez_compressed write it, or with the sizes in the fields for large files.
std::string zip(const std::vector<Member>& members, bool pack = false, bool wide = false) {
  std::string file, directory;
  for (const Member& member : members) {
    const std::string data = pack ? deflated(member.content) : member.content;
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(member.content.data()),
                           static_cast<uInt>(member.content.size()));
    const std::string method = number(pack ? 8 : 0, 2), sum = number(crc, 4);
    const std::string sizes =
        wide ? std::string(8, '\xff') : number(data.size(), 4) + number(member.content.size(), 4);
    const std::string both = number(member.content.size(), 8) + number(data.size(), 8);
    const std::string local = wide ? number(1, 2) + number(16, 2) + both : "";
    const std::string central = wide ? number(1, 2) + number(24, 2) + both + number(file.size(), 8) : "";
    const std::string position = wide ? std::string(4, '\xff') : number(file.size(), 4);
    directory += "PK\1\2" + number(45, 2) + number(45, 2) + number(0, 2) + method + number(0, 4) + sum +
                 sizes + number(member.name.size(), 2) + number(central.size(), 2) + std::string(10, '\0') +
                 position + member.name + central;
    file += "PK\3\4" + number(45, 2) + number(0, 2) + method + number(0, 4) + sum + sizes +
            number(member.name.size(), 2) + number(local.size(), 2) + member.name + local + data;
  }
  const std::size_t at = file.size(), count = members.size();
  file += directory;
  if (wide) {
    const std::size_t end = file.size();
    file += "PK\6\6" + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) + number(count, 8) +
            number(count, 8) + number(directory.size(), 8) + number(at, 8);
    file += "PK\6\7" + number(0, 4) + number(end, 8) + number(1, 4);
  }
  return file + "PK\5\6" + number(0, 4) + number(wide ? 0xffff : count, 2) +
         number(wide ? 0xffff : count, 2) + number(directory.size(), 4) +
         (wide ? std::string(4, '\xff') : number(at, 4)) + number(0, 2);
}
// NOLINTEND(performance-inefficient-string-concatenation)

Result<NpyArray> parse(const std::string& file) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  return readNpy(*openMemory(bytes), "f", {});
}

std::vector<double> valuesOf(const std::string& file) {
  const auto array = parse(file);
  EXPECT_TRUE(array.ok()) << array.error().text();
  std::vector<double> values;
  for (std::int64_t i = 0; array.ok() && i < array->header.elements; ++i)
    values.push_back(array->at(static_cast<std::size_t>(i)));
  return values;
}

std::string refusal(const std::string& file) {
  const auto array = parse(file);
  return array.ok() ? "none" : array.error().text();
}

void expectPart(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), text.npos) << text;
}

DataSpec specOf(const std::string& path) {
  DataSpec spec;
  spec.kind = DataKind::Numpy;
  spec.path = path;
  spec.testFraction = spec.validationFraction = 0;
  spec.normalize = spec.standardizeTargets = false;
  return spec;
}

std::shared_ptr<const Dataset> load(const DataSpec& spec) {
  const auto data = loadDataset(spec);
  EXPECT_TRUE(data.ok()) << data.error().text();
  if (!data.ok()) return nullptr;
  const auto probed = probeDataset(spec);
  EXPECT_TRUE(probed.ok()) << probed.error().text();
  EXPECT_TRUE(probed.ok() && probed->inputs[0].sample == (*data)->info.inputs[0].sample &&
              probed->targets.size() == (*data)->info.targets.size() &&
              probed->targets[0].classNames == (*data)->info.targets[0].classNames);
  return *data;
}

std::string errorOf(const DataSpec& spec) {
  const auto data = loadDataset(spec);
  return data.ok() ? "none" : data.error().text();
}

const std::string kLabels = npy("<i8", "4,", bytesOf<std::int64_t>({0, 2, 2, 0}));

TEST(Numpy, ReadsEveryKindOfNumber) {
  const std::vector<double> expected = {1, 0, 3};
  EXPECT_EQ(valuesOf(npy("|u1", "3,", bytesOf<std::uint8_t>({1, 0, 3}))), expected);
  EXPECT_EQ(valuesOf(npy("<u2", "3,", bytesOf<std::uint16_t>({1, 0, 3}))), expected);
  EXPECT_EQ(valuesOf(npy("<u4", "3,", bytesOf<std::uint32_t>({1, 0, 3}))), expected);
  EXPECT_EQ(valuesOf(npy("<u8", "3,", bytesOf<std::uint64_t>({1, 0, 3}))), expected);
  EXPECT_EQ(valuesOf(npy("|i1", "2,", bytesOf<std::int8_t>({-1, 5}))), (std::vector<double>{-1, 5}));
  EXPECT_EQ(valuesOf(npy("<i2", "2,", bytesOf<std::int16_t>({-300, 5}))), (std::vector<double>{-300, 5}));
  EXPECT_EQ(valuesOf(npy("=i4", "2,", bytesOf<std::int32_t>({-70000, 5}))), (std::vector<double>{-70000, 5}));
  EXPECT_EQ(valuesOf(npy("<i8", "2,", bytesOf<std::int64_t>({-1, 1ll << 40}))),
            (std::vector<double>{-1, 0x1p40}));
  EXPECT_EQ(valuesOf(npy("<f4", "2,", bytesOf<float>({0.5f, -2}))), (std::vector<double>{0.5, -2}));
  EXPECT_EQ(valuesOf(npy("<f8", "2,", bytesOf<double>({0.1, -2}))), (std::vector<double>{0.1, -2}));
  EXPECT_EQ(valuesOf(npy("|b1", "2,", bytesOf<std::uint8_t>({0, 1}))), (std::vector<double>{0, 1}));
  // 1, -2, the largest number and the smallest one above 0.
  EXPECT_EQ(valuesOf(npy("<f2", "4,", bytesOf<std::uint16_t>({0x3c00, 0xc000, 0x7bff, 1}))),
            (std::vector<double>{1, -2, 65504, 0x1p-24}));
}

TEST(Numpy, ReadsBothOrders) {
  EXPECT_EQ(valuesOf(npy(">i2", "2,", std::string("\1\2\xff\xfe", 4))), (std::vector<double>{0x102, -2}));
  EXPECT_EQ(valuesOf(npy(">f4", "1,", std::string("\x3f\xc0\0\0", 4))), (std::vector<double>{1.5}));
  // The first index varies fastest: columns of [[0, 1, 2], [3, 4, 5]].
  EXPECT_EQ(valuesOf(npy("|u1", "2, 3", bytesOf<std::uint8_t>({0, 3, 1, 4, 2, 5}), true)),
            (std::vector<double>{0, 1, 2, 3, 4, 5}));
  // Three dimensions: value = 100 a + 10 b + c.
  std::vector<std::uint8_t> values;
  for (int c = 0; c < 2; ++c)
    for (int b = 0; b < 3; ++b)
      for (int a = 0; a < 2; ++a) values.push_back(static_cast<std::uint8_t>(100 * a + 10 * b + c));
  EXPECT_EQ(valuesOf(npy("|u1", "2, 3, 2", bytesOf(values), true)),
            (std::vector<double>{0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121}));
}

TEST(Numpy, ReadsHeadersOfEveryVersion) {
  const std::string header = "{'shape':(2,),'fortran_order':False,'descr':\"|u1\"}";
  for (const int version : {1, 2, 3})
    EXPECT_EQ(valuesOf(npyWith(header, "\1\2", version)), (std::vector<double>{1, 2})) << version;
  EXPECT_EQ(valuesOf(npy("|u1", "2L, 1L", "\1\2")), (std::vector<double>{1, 2}));
  EXPECT_EQ(parse(npy("|u1", "", "\7"))->header.shape.size(), 0u);
}

TEST(Numpy, WhatIsNoNumberIsRefusedWithAReason) {
  expectPart(refusal(npy("|O", "1,", "x")), "Python objects, which could execute code when they are read");
  expectPart(refusal(npy("<U3", "1,", std::string(12, 'x'))), "texts");
  expectPart(refusal(npy("|S3", "1,", "abc")), "texts");
  expectPart(refusal(npy("|V4", "1,", "abcd")), "records or raw bytes");
  expectPart(refusal(npy("<c8", "1,", std::string(8, 'x'))), "complex numbers");
  expectPart(refusal(npy("<M8[ns]", "1,", std::string(8, 'x'))), "dates or times");
  expectPart(refusal(npy("<f16", "1,", std::string(16, 'x'))), "floating-point values of 16 bytes");
  expectPart(refusal(npy("<i3", "1,", "abc")), "integer values of 3 bytes");
  expectPart(
      refusal(npyWith("{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }",
                      std::string(8, 'x'))),
      "records of several fields");
}

TEST(Numpy, DamagedArraysAreRefused) {
  expectPart(refusal("no array"), "this is not a NumPy array");
  expectPart(refusal("\x93NUMPY"), "this is not a NumPy array");
  expectPart(refusal(npyWith("{}", "", 7)), "version 7 of NumPy's format is not known");
  for (const char* header : {"{}", "", "{'descr': '|u1', 'fortran_order': False}",
                             "{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}",
                             "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}",
                             "{'descr': '|u1', 'fortran_order': False, 'shape': (1",
                             "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}",
                             "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} x", "{'descr': '|u1",
                             "{'descr': '|u', 'fortran_order': False, 'shape': (1,)}",
                             "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'other': (1,)}"})
    expectPart(refusal(npyWith(header, "\1")), "the header of the NumPy array is damaged");
  expectPart(refusal("\x93NUMPY" + number(1, 2) + number(500, 2) + "{"), "the file ends within the header");
  expectPart(refusal("\x93NUMPY" + number(2, 2) + number(0xffffffff, 4) + "{"), "is damaged");
  expectPart(refusal(npy("|u1", "3,", "\1\2")), "declares 3 = 3 values, but 2 bytes follow");
  expectPart(refusal(npy("|u1", "1,", "\1\2")), "declares 1 = 1 values, but 2 bytes follow");
  expectPart(refusal(npy("|u1", "0, 3", "")), "the NumPy array is empty");
  // The product of the extents is 2^64 + 2^62 and more.
  expectPart(refusal(npy("<f8", "4294967296, 5368709120", "")), "bytes follow");
  expectPart(refusal(npy("<f8", "9223372036854775807, 9223372036854775807, 9223372036854775807", "")),
             "bytes follow");
  expectPart(refusal(npy("|u1", "99999999999999999999,", "")), "the header of the NumPy array is damaged");
  expectPart(refusal(npy("|u1", "1, 1, 1, 1, 1, 1, 1, 1, 1", "\1")), "more than 8 dimensions");
}

TEST(Numpy, ArchivesAreSplitByTheirNames) {
  const std::string x = npy("|u1", "4, 2, 3", bytesOf(std::vector<std::uint8_t>(24, 7)));
  const std::string more = npy("|u1", "2, 2, 3", bytesOf(std::vector<std::uint8_t>(12, 9)));
  const std::string y = npy("<i8", "2,", bytesOf<std::int64_t>({2, 5}));
  for (const bool pack : {false, true})
    for (const bool wide : {false, true}) {
      const TempFolder folder;
      const std::string file = folder.write(
          "mnist.npz",
          zip({{"x_test.npy", more}, {"x_train.npy", x}, {"y_train.npy", kLabels}, {"y_test.npy", y}}, pack,
              wide));
      const auto detected = detectData(file);
      ASSERT_TRUE(detected.ok()) << detected.error().text();
      EXPECT_EQ(detected->kind, DataKind::Numpy);
      const auto data = load(specOf(file));
      ASSERT_TRUE(data);
      EXPECT_EQ(data->info.name, "mnist");
      EXPECT_EQ(data->info.inputs[0].sample, (Shape{2, 3, 1}));
      EXPECT_EQ(data->inputs[0].bytes.size(), 36u);
      EXPECT_EQ(data->inputs[0].bytes.back(), 9);
      EXPECT_EQ(data->info.targets[0].classNames, (Names{"0", "2", "5"}));
      EXPECT_EQ(data->targets[0].classOf, (Classes{0, 1, 1, 0, 1, 2}));
      EXPECT_EQ(data->part(SplitPart::Test), (std::vector<std::int64_t>{4, 5}));
      EXPECT_EQ(data->info.notes.front(),
                "Arrays of inputs and targets: x_train and y_train; x_test and y_test");
    }
}

TEST(Numpy, FilesBesideEachOtherBelongTogether) {
  const TempFolder folder;
  const std::string file =
      folder.write("x.npy", npy("<f4", "4, 2", bytesOf<float>({1, 2, 3, 4, 5, 6, 7, 8})));
  folder.write("y.npy", kLabels);
  const auto data = load(specOf(file));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->info.inputs[0].sample, (Shape{2}));
  EXPECT_EQ(data->inputs[0].floats, (Floats{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(data->info.featureNames(), (Names{"column 1", "column 2"}));
  folder.write("other.npy", npy("|b1", "4, 1", std::string("\0\1\0\1", 4)));
  DataSpec spec = specOf(file);
  for (const char* name : {"other", "other.npy"}) {
    spec.targets = {name};
    const auto other = load(spec);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->targets[0].classOf, (Classes{0, 1, 0, 1}));
  }
  spec.targets = {"missing"};
  expectPart(errorOf(spec), "there is no array \"missing\"");
  expectPart(errorOf(spec), "Choose one of other, x, y");
  spec.targets = {"x"};
  expectPart(errorOf(spec), "\"x\" is both the array of inputs and that of targets");
}

TEST(Numpy, OtherNamesAreChosen) {
  const TempFolder folder;
  const std::string x = npy("<f4", "4, 1", bytesOf<float>({1, 2, 3, 4}));
  const std::string file = folder.write("own.npz", zip({{"samples.npy", x}, {"kinds.npy", kLabels}}));
  expectPart(errorOf(specOf(file)), "no array is called x or x_train; there are samples, kinds");
  DataSpec spec = specOf(file);
  spec.array = "samples";
  expectPart(errorOf(spec), "no array has the targets of \"samples\"; there are samples, kinds");
  spec.targets = {"kinds"};
  EXPECT_TRUE(load(spec));
  Project project;
  project.data = spec;
  const auto again = projectFromJson(toJson(project), "f");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->data, spec);
}

// The data of x and y in an archive.
std::shared_ptr<const Dataset> pair(const std::string& x, const std::string& y, bool classification = true) {
  const TempFolder folder;
  DataSpec spec = specOf(folder.write("d.npz", zip({{"x.npy", x}, {"y.npy", y}})));
  spec.classification = classification;
  return load(spec);
}

std::string pairError(const std::string& x, const std::string& y) {
  const TempFolder folder;
  return errorOf(specOf(folder.write("d.npz", zip({{"x.npy", x}, {"y.npy", y}}))));
}

const std::string kColumn = npy("<f4", "4, 1", bytesOf<float>({1, 2, 3, 4}));

TEST(Numpy, TargetsAreClassesOrValues) {
  const auto values = pair(kColumn, kLabels, false);
  ASSERT_TRUE(values);
  EXPECT_EQ(values->info.targets[0].classes, 0);
  EXPECT_EQ(values->targets[0].floats, (Floats{0, 2, 2, 0}));
  const auto floats = pair(kColumn, npy("<f8", "4, 1", bytesOf<double>({0.5, 1, 2, 3})));
  ASSERT_TRUE(floats);
  EXPECT_EQ(floats->targets[0].floats, (Floats{0.5f, 1, 2, 3}));
  const auto several = pair(kColumn, npy("<f4", "4, 2", bytesOf<float>({1, 2, 3, 4, 5, 6, 7, 8})));
  ASSERT_TRUE(several);
  ASSERT_EQ(several->info.targets.size(), 2u);
  EXPECT_EQ(several->info.targets[1].name, "target 2");
  EXPECT_EQ(several->targets[1].floats, (Floats{2, 4, 6, 8}));
  const auto oneHot = pair(kColumn, npy("<f4", "4, 3", bytesOf<float>({0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0})));
  ASSERT_TRUE(oneHot);
  EXPECT_EQ(oneHot->info.targets[0].classes, 3);
  EXPECT_EQ(oneHot->targets[0].classOf, (Classes{1, 0, 2, 1}));
}

TEST(Numpy, SamplesAreImagesOrSequences) {
  // Levels, and these divided by 255, are images; so are bytes with three channels.
  std::vector<float> levels, shares;
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 4 * 2 * 1 * 3; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i * 10));
    levels.push_back(static_cast<float>(i * 10));
    shares.push_back(static_cast<float>(i * 10) / 255.0f);
  }
  for (const std::string& x :
       {npy("|u1", "4, 2, 1, 3", bytesOf(bytes)), npy("<f4", "4, 2, 1, 3", bytesOf(levels)),
        npy("<f4", "4, 2, 1, 3", bytesOf(shares))}) {
    const auto images = pair(x, kLabels);
    ASSERT_TRUE(images);
    EXPECT_EQ(images->info.inputs[0].sample, (Shape{2, 1, 3}));
    EXPECT_TRUE(images->info.inputs[0].bytes.has_value());
    EXPECT_EQ(images->inputs[0].bytes, bytes);
    EXPECT_EQ(preprocessingOf(*images).fields[0].kind, FieldKind::Image);
  }
  for (float& value : levels) value -= 0.3f;
  const auto numbers = pair(npy("<f4", "4, 2, 1, 3", bytesOf(levels)), kLabels);
  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->info.inputs[0].sample, (Shape{2, 1, 3}));
  EXPECT_EQ(numbers->inputs[0].floats, levels);
  EXPECT_EQ(preprocessingOf(*numbers).fields.size(), 7u);
  const auto sequences = pair(npy("<f4", "4, 3, 2", bytesOf(levels)), kLabels);
  ASSERT_TRUE(sequences);
  EXPECT_EQ(sequences->info.inputs[0].sample, (Shape{3, 2}));
  EXPECT_FALSE(sequences->info.inputs[0].varies);
}

TEST(Numpy, PixelsHaveClasses) {
  const std::string x = npy("|u1", "2, 2, 2", bytesOf<std::uint8_t>({1, 2, 3, 4, 5, 6, 7, 8}));
  for (const char* shape : {"2, 2, 2", "2, 2, 2, 1"}) {
    const auto data = pair(x, npy("|u1", shape, bytesOf<std::uint8_t>({0, 3, 3, 3, 0, 0, 9, 9})));
    ASSERT_TRUE(data);
    EXPECT_EQ(data->info.targets[0].sample, (Shape{2, 2}));
    EXPECT_EQ(data->info.targets[0].classNames, (Names{"0", "3", "9"}));
    EXPECT_EQ(data->targets[0].classOf, (Classes{0, 1, 1, 1, 0, 0, 2, 2}));
    EXPECT_EQ(preprocessingOf(*data).fields[1].image, (Shape{2, 2, 1}));
  }
  expectPart(pairError(x, npy("|u1", "2, 2, 1", "\1\2\3\4")), "the targets are 2 x 1 per sample");
}

TEST(Numpy, WhatDoesNotFitIsRefused) {
  expectPart(pairError(kColumn, npy("|u1", "3,", "\1\2\3")), "\"x\" has 4 samples, but \"y\" has 3");
  expectPart(pairError(kColumn, npy("|u1", "4,", "\1\1\1\1")),
             "all targets are 1; at least two classes are needed");
  expectPart(pairError(npy("<f4", "4, 1", bytesOf<float>({1, 2, NAN, 4})), kLabels),
             "d.npz: x: value 0 of sample 2 is not a finite number");
  expectPart(pairError(npy("<f8", "4, 1", bytesOf<double>({1, 2, 3, 1e300})), kLabels),
             "too large for float32");
  expectPart(pairError(npy("|u1", "4, 1, 1, 1, 1", "\1\2\3\4"), kLabels), "the inputs have 5 dimensions");
  expectPart(pairError(npy("|u1", "", "\1"), kLabels), "the array is a single value");
  expectPart(pairError(npy("|O", "4,", "abcd"), kLabels), "Python objects");
}

TEST(Numpy, DamagedArchivesAreRefused) {
  const TempFolder folder;
  const auto refuse = [&](const std::string& content) {
    return errorOf(specOf(folder.write("d.npz", content)));
  };
  const std::vector<Member> members = {{"x.npy", kColumn}, {"y.npy", kLabels}};
  const std::string whole = zip(members), packed = zip(members, true);
  expectPart(refuse(whole.substr(0, whole.size() - 30)), "its directory is missing");
  expectPart(refuse(zip({{"a.txt", "text"}})), "the archive contains no NumPy arrays");
  std::string wrong = whole;
  wrong[wrong.find(kColumn) + kColumn.size() - 1] ^= 1;
  expectPart(refuse(wrong), "its checksum is wrong");
  wrong = whole;
  wrong[wrong.find("PK\1\2") + 8] = 1;
  expectPart(refuse(wrong), "the ZIP archive is encrypted");
  wrong = whole;
  wrong[wrong.find("PK\1\2") + 10] = 12;
  expectPart(refuse(wrong), "uses compression 12; only deflate can be read");
  wrong = whole;
  wrong[wrong.find("PK\1\2") + 24] ^= 1;
  expectPart(refuse(wrong), "the size of a file in it is impossible");
  wrong = packed;
  for (int k = 0; k < 3; ++k) wrong[wrong.find("PK\1\2") + 24 + static_cast<std::size_t>(k)] = '\xff';
  expectPart(refuse(wrong), "the size of a file in it is impossible");
  wrong = packed;
  wrong[wrong.find("PK\1\2") + 16] ^= 1;
  expectPart(refuse(wrong), "its checksum is wrong");
  wrong = packed;
  wrong[wrong.find("PK\1\2") + 20] -= 4;  // of fewer than 128 packed bytes
  expectPart(refuse(wrong), "it ends too early");
}

TEST(Numpy, NewArraysArePredicted) {
  const TempFolder folder;
  Preprocessing model = unnamedFields(Shape{2}, {"a", "b"});
  model.fields[0].mean = {1};
  model.fields[0].scale = {2};
  const std::string one = folder.write("new.npy", npy("<f8", "2, 2", bytesOf<double>({3, 4, 5, 6})));
  const auto rows = encodeFile(one, model);
  ASSERT_TRUE(rows.ok()) << rows.error().text();
  EXPECT_EQ(rows->rows, 2);
  EXPECT_EQ(rows->inputs[0], (Floats{4, 4, 8, 6}));
  EXPECT_EQ(rows->lines, (std::vector<std::int64_t>{0, 1}));
  const auto wrong =
      encodeFile(folder.write("wrong.npy", npy("<f8", "1, 3", bytesOf<double>({3, 4, 5}))), model);
  ASSERT_FALSE(wrong.ok());
  expectPart(wrong.error().text(), "the samples are 3, but the network needs 2 numbers");
  // Levels, or these divided by 255; of an archive the test set.
  const Preprocessing images = unnamedFields(Shape{1, 2, 1}, {"a", "b"});
  const std::string bytes = npy("|u1", "1, 1, 2", std::string("\0\xff", 2));
  for (const std::string& x : {bytes, npy("<f4", "1, 1, 2, 1", bytesOf<float>({0, 255})),
                               npy("<f4", "1, 1, 2, 1", bytesOf<float>({0, 1}))}) {
    const auto picture =
        encodeFile(folder.write("t.npz", zip({{"x_train.npy", kColumn}, {"x_test.npy", x}}, true)), images);
    ASSERT_TRUE(picture.ok()) << picture.error().text();
    EXPECT_EQ(picture->inputs[0], (Floats{0, 1}));
  }
}

TEST(Numpy, AnArrayIsNoText) {
  const TempFolder folder;
  Preprocessing texts;
  texts.fields = {
      {.name = "text",
       .kind = FieldKind::Text,
       .categories = {"<padding>", "<unknown>", "good"},
       .text = {.steps = 2}},
      {.name = "class", .role = FieldRole::Target, .kind = FieldKind::Category, .categories = {"no", "yes"}}};
  const auto refused =
      encodeFile(folder.write("new.npy", npy("<f8", "1, 2", bytesOf<double>({1, 2}))), texts);
  ASSERT_FALSE(refused.ok());
  expectPart(refused.error().text(), "the network needs texts, which an array does not contain");
}

TEST(Numpy, ProjectsAreProposed) {
  const TempFolder folder;
  std::vector<float> x(40 * 3 * 2, 0.3f);
  std::vector<std::int64_t> y(40);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<std::int64_t>(i % 2);
  const std::string file = folder.write("s.npz", zip({{"x.npy", npy("<f4", "40, 3, 2", bytesOf(x))},
                                                      {"y.npy", npy("<i8", "40,", bytesOf(y))}}));
  const auto spec = detectData(file);
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  const auto proposal = proposeProject(*spec);
  ASSERT_TRUE(proposal.ok()) << proposal.error().text();
  EXPECT_EQ(summaryOf(*proposal), "3 x 2 inputs, 2 classes: softmax cross-entropy and accuracy");
  EXPECT_EQ(proposal->project.network.layers()[1].type, "flatten");
}

}  // namespace
}  // namespace tandem
