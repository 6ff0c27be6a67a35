/** One event of a stream, as `text/event-stream` defines it. */
export type EventFrame = {
  event: string
  /** The last one that the stream named, in this frame or before it. */
  id: string
  /** Null for a frame that only moves the place or says when to come back. */
  data: string | null
  /** How long to wait before coming back, in milliseconds, where the frame says so. */
  retryMs: number | null
}

export interface FrameReader {
  /** The frames that are complete with this text. */
  push(text: string): EventFrame[]
}

/** Far above the largest object of this API. */
const FRAME_CHARACTERS_MAX = 4 * 1024 * 1024

/**
 * Takes a stream apart as it arrives, in pieces of any size.
 * @throws Error when a frame is too long to be one
 */
export function createFrameReader(lastEventId: string): FrameReader {
  let rest = ''
  let lines: string[] = []
  let characters = 0
  let id = lastEventId
  const frameOf = (): EventFrame => {
    const frame: EventFrame = { event: 'message', id, data: null, retryMs: null }
    for (const line of lines) readField(frame, line)
    id = frame.id
    return frame
  }
  return {
    push: (text) => {
      const frames: EventFrame[] = []
      // A line break may come in two pieces: the last line is only complete when something follows.
      const parts = (rest + text).split(/\r\n|\n|\r(?!$)/)
      rest = parts.pop() ?? ''
      for (const line of parts) {
        characters += line.length
        if (line !== '') lines.push(line)
        else if (lines.length > 0) {
          frames.push(frameOf())
          lines = []
          characters = 0
        }
      }
      if (characters + rest.length > FRAME_CHARACTERS_MAX)
        throw new Error('an event of the stream is too long')
      return frames
    },
  }
}

function readField(frame: EventFrame, line: string): void {
  const colon = line.indexOf(':')
  const name = colon === -1 ? line : line.slice(0, colon)
  const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (name === 'event') frame.event = value
  if (name === 'data') frame.data = frame.data === null ? value : `${frame.data}\n${value}`
  if (name === 'id' && !value.includes('\0')) frame.id = value
  if (name === 'retry' && /^\d{1,7}$/.test(value)) frame.retryMs = Number(value)
}
