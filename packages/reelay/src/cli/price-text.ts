import type { ModelPrice, PriceRate } from '@reelay/sdk'

/** A price in a few words; empty when there is none. */
export function priceText(price: ModelPrice | null): string {
  if (price === null) return ''
  const rates = price.by_resolution ?? []
  const text = rates.length === 0 ? rateText(price, price.currency) : rateList(rates, price.currency)
  return text === '' || price.as_of === undefined ? text : `${text} (${price.as_of})`
}

/** Resolutions that cost the same share a place: `720p, 1080p: 0.40 USD/s; 4k: 0.60 USD/s`. */
function rateList(rates: NonNullable<ModelPrice['by_resolution']>, currency: string): string {
  const byText = new Map<string, string[]>()
  for (const rate of rates) {
    const text = rateText(rate, currency)
    byText.set(text, [...(byText.get(text) ?? []), rate.resolution])
  }
  return [...byText].map(([text, names]) => `${names.join(', ')}: ${text}`).join('; ')
}

function rateText({ per_second: perSecond, per_video: perVideo }: PriceRate, currency: string): string {
  if (perSecond !== null) return `${perSecond} ${currency}/s`
  return perVideo === null ? '' : `${perVideo} ${currency}`
}
