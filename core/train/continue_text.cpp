#include "core/train/continue_text.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "core/base/philox.h"
#include "core/data/encode_text.h"
#include "core/train/answers.h"

namespace tandem {
namespace {

// Of the probabilities of one step; never padding or an unknown token.
std::int32_t draw(std::span<const float> probabilities, double temperature, PhiloxSequence& random) {
  const std::span<const float> tokens = probabilities.subspan(static_cast<std::size_t>(kFirstToken));
  const auto best = std::ranges::max_element(tokens);
  const auto greatest = static_cast<double>(*best);
  if (temperature <= 0 || !(greatest > 0))
    return kFirstToken + static_cast<std::int32_t>(best - tokens.begin());
  std::vector<double> shares;
  double sum = 0;
  for (const float p : tokens) {
    shares.push_back(p > 0 ? std::pow(static_cast<double>(p) / greatest, 1 / temperature) : 0);
    sum += shares.back();
  }
  double left = static_cast<double>(random.uniform()) * sum;
  std::size_t token = 0;
  while (token + 1 < shares.size() && left >= shares[token]) left -= shares[token++];
  return kFirstToken + static_cast<std::int32_t>(token);
}

}  // namespace

bool canContinueText(const Predictor& predictor) {
  const std::vector<PredictorOutput>& outputs = predictor.outputs();
  return continuesText(predictor.preprocessing()) && outputs.size() == 1 && outputs[0].shape.rank() == 2 &&
         outputs[0].predictsClasses() &&
         outputs[0].shape[-1] == std::ssize(onlyText(predictor.preprocessing())->categories);
}

Result<std::string> continueText(Predictor& predictor, std::string_view text, const std::string& where,
                                 const Continuation& wanted) {
  const Preprocessing& preprocessing = predictor.preprocessing();
  if (!canContinueText(predictor))
    return invalid("the network does not predict the next token of a text", where,
                   "Train one on a text file, or predict for the text");
  const Field& field = *onlyText(preprocessing);
  const Tokenizer tokenizer(field.text, field.categories);
  TANDEM_ASSIGN(EncodedSamples samples, encodeText(text, preprocessing, where));
  std::vector<float>& window = samples.inputs[0];
  const auto classes = static_cast<std::size_t>(predictor.outputs()[0].shape[-1]);
  PhiloxSequence random(static_cast<std::uint64_t>(wanted.seed), stream(RandomStream::Generate));
  std::vector<std::int32_t> written;
  for (int i = 0; i < wanted.tokens; ++i) {
    TANDEM_ASSIGN(const Predictor::Values answers, predictor.predict(samples.inputs));
    TANDEM_TRY(checkFinite(answers[0], predictor.outputs()[0].layer));
    written.push_back(draw(std::span(answers[0]).last(classes), wanted.temperature, random));
    window.erase(window.begin());
    window.push_back(static_cast<float>(written.back()));
    if (wanted.progress && !wanted.progress(tokenizer.decode(written))) break;
  }
  return tokenizer.decode(written);
}

}  // namespace tandem
