import type { ModelPrice, PriceRate } from '@reelay/sdk'

export type PriceChoice = { seconds: number | null; resolution: string }

/**
 * What a video will cost as far as it was published, as a sentence; null when nobody knows. The provider's bill decides.
 */
export function priceWords(price: ModelPrice | null, { seconds, resolution }: PriceChoice): string | null {
  if (price === null) return null
  const tier = price.by_resolution?.find((rate) => rate.resolution === resolution)
  const amount = amountOf(tier ?? price, seconds)
  if (amount === null) return null
  if (amount === 0) return 'It costs nothing.'
  const day = price.as_of === undefined ? '' : `, as published on ${price.as_of}`
  return `About ${Number(amount.toFixed(4))} ${price.currency}${day}.`
}

function amountOf(
  { per_video: perVideo, per_second: perSecond }: PriceRate,
  seconds: number | null,
): number | null {
  if (perVideo !== null) return Number(perVideo)
  if (perSecond === null) return null
  if (Number(perSecond) === 0) return 0
  return seconds === null ? null : Number(perSecond) * seconds
}
