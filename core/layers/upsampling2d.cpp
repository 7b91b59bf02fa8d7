#include "core/layers/common.h"
#include "core/ops/upsample2d.h"

namespace tandem::layers {

extern const LayerDef upsampling2d;

namespace {

Result<ValueId> lower(LowerContext& context, const Attrs& properties, std::span<const ValueId> inputs) {
  TANDEM_TRY(requireImage(context, inputs[0]));
  return context.op(ops::upsample2d,
                    {{"size", integersOf(upsampling2d.properties, properties, "size")},
                     {"interpolation", textOf(upsampling2d.properties, properties, "interpolation")}},
                    {inputs[0]});
}

}  // namespace

const LayerDef upsampling2d = {
    .type = "upsampling2d",
    .label = "Upsampling 2D",
    .category = "Shape",
    .summary = "Enlarges an image by whole factors: repeats its pixels or interpolates between them.",
    .names = {.keras = "UpSampling2D", .pytorch = "Upsample"},
    .properties = {{.key = "size",
                    .label = "Size",
                    .kind = PropertyKind::Pair,
                    .fallback = std::vector<std::int64_t>{2, 2},
                    .tooltip = "Factors of the height and the width",
                    .minimum = 1,
                    .maximum = 1024},
                   {.key = "interpolation",
                    .label = "Interpolation",
                    .kind = PropertyKind::Choice,
                    .fallback = std::string("nearest"),
                    .tooltip =
                        "nearest: repeats each pixel; bilinear: interpolates between the centers of pixels",
                    .choices = {"nearest", "bilinear"}}},
    .range = RangeRule::Kept,
    .lower = lower,
    .help = {.formula = "nearest: y[i, j] = x[i / factor, j / factor], rounded down\n"
                        "bilinear: a mean of the four closest pixels, weighted by how near their centers are",
             .shapes = "(height, width, channels) -> (height factor, width factor, channels)",
             .example = {.inputs = {{{1, 2, 1}, {1, 2}}},
                         .properties = {{"size", std::vector<std::int64_t>{1, 2}}},
                         .outputs = {{{1, 4, 1}, {1, 1, 2, 2}}}}},
};

}  // namespace tandem::layers
