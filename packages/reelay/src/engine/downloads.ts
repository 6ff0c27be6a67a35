import type { EngineContext } from './context.ts'
import { Slots } from './slots.ts'

/** Ten videos a second may end at a provider that takes three seconds to hand each one out. */
const DOWNLOADS_MAX = 32
/** What they have on the disk at a time: so many videos of the largest size. */
const LARGEST_MAX = 8

/** What the downloads of one process may use. @param bytesMax of one video */
export const downloadsWithin = (bytesMax: number): EngineContext['downloads'] => ({
  slots: new Slots(DOWNLOADS_MAX),
  room: new Slots(LARGEST_MAX * bytesMax),
  bytesMax,
})
