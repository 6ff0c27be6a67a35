import { PREVIEW_LIMITS } from './preview-limits.ts'

/** What a prompt asks of the preview renderer besides its picture. */
export interface PreviewKnobs {
  /** `[fail]`: the job ends as failed. */
  readonly fails: boolean
  /** `[slow=30s]` or `[slow=500ms]`: the least time that the render takes; 0 without the knob. */
  readonly slowMs: number
  /** The prompt without its knobs. */
  readonly text: string
}

const FAIL = /\[fail\]/gi
const SLOW = /\[slow=(\d{1,7}(?:\.\d{1,3})?)(ms|s|m)\]/gi

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

/** Reads the knobs that let people rehearse failures and slow providers. The last `[slow=…]` counts, capped. */
export function previewKnobs(prompt: string): PreviewKnobs {
  const slow = [...prompt.matchAll(SLOW)].at(-1)
  const askedMs = Number(slow?.[1] ?? 0) * (UNIT_MS[slow?.[2]?.toLowerCase() ?? 'ms'] ?? 1)
  const text = prompt.replace(FAIL, ' ').replace(SLOW, ' ').replace(/\s+/g, ' ').trim()
  return { fails: prompt.search(FAIL) >= 0, slowMs: Math.min(askedMs, PREVIEW_LIMITS.slowMsMax), text }
}
