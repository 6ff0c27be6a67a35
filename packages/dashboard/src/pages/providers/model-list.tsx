import type { Model, ModelPrice, PriceRate } from '@reelay/sdk'
import type { ReactElement } from 'react'

/** What an account can make, and what it costs as far as that was published. */
export function ModelList({ models }: { models: readonly Model[] }): ReactElement {
  return (
    <details className="text-sm">
      <summary className="font-medium">{models.length === 1 ? '1 model' : `${models.length} models`}</summary>
      <ul className="mt-2 divide-y divide-line">
        {models.map(({ id, price }) => (
          <li key={id} className="flex flex-wrap justify-between gap-x-4 py-1.5">
            <span className="font-mono text-xs break-all">{id}</span>
            <span className="text-xs text-muted">{ratesOf(price)}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}

function ratesOf(price: ModelPrice | null): string {
  if (price === null) return 'no price is known'
  const rates = [price, ...(price.by_resolution ?? [])]
    .map((rate) => rateOf(rate, price.currency))
    .filter((rate) => rate !== null)
  if (rates.length === 0) return 'no price is known'
  return price.as_of === undefined ? rates.join(', ') : `${rates.join(', ')} (${price.as_of})`
}

function rateOf(rate: PriceRate & { resolution?: string }, currency: string): string | null {
  const at = rate.resolution === undefined ? '' : ` at ${rate.resolution}`
  if (rate.per_video !== null) return isFree(rate.per_video) ? 'free' : `${rate.per_video} ${currency}${at}`
  if (rate.per_second === null) return null
  return isFree(rate.per_second) ? 'free' : `${rate.per_second} ${currency}/s${at}`
}

const isFree = (amount: string): boolean => Number(amount) === 0
