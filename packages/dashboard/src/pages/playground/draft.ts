import type { Video } from '@reelay/sdk'

/** What the playground's form begins with. It is kept with the entry of the browser's history. */
export type Draft = { model: string; prompt: string; seconds: string | null; size: string | null }

export const draftOf = ({ model, prompt, seconds, size }: Video): Draft => ({
  model,
  prompt: prompt ?? '',
  seconds,
  size,
})

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** Null when there is none: the state of an entry may be anything. */
export function readDraft(state: unknown): Draft | null {
  if (typeof state !== 'object' || state === null || !('prompt' in state) || !('model' in state)) return null
  return {
    model: textOf(state.model) ?? '',
    prompt: textOf(state.prompt) ?? '',
    seconds: 'seconds' in state ? textOf(state.seconds) : null,
    size: 'size' in state ? textOf(state.size) : null,
  }
}
