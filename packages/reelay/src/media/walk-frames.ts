import { AVSEEK_FLAG_BACKWARD, AV_NOPTS_VALUE } from 'node-av/constants'
import { Frame, Packet } from 'node-av/lib'
import type { OpenVideo } from './open-video.ts'

/** What the packets of a video tell without decoding any. Times are in units of the stream. */
export interface PacketIndex {
  /** Where decoding can begin, rising. */
  readonly keys: readonly bigint[]
  readonly start: bigint
  readonly end: bigint
  readonly frames: number
  /** False when there was more than could be read in time. */
  readonly isWhole: boolean
}

/** A moment of the video, and what to do with the frame that is shown there. */
export interface WantedFrame {
  readonly at: bigint
  readonly take: (frame: Frame) => void
}

const PACKETS_MAX = 200_000

/** Frames that one packet may give; more than any codec holds back. */
const FRAMES_PER_PACKET_MAX = 240

/** Reads the packets of the video and decodes none. It leaves the reading position at the end. */
export async function indexPackets(
  { format, stream }: OpenVideo,
  isOutOfTime: () => boolean,
): Promise<PacketIndex> {
  using packet = new Packet()
  packet.alloc()
  const keys: bigint[] = []
  let [start, end, frames, isWhole] = [0n, 0n, 0, false]
  for (let packets = 0; packets < PACKETS_MAX && !isOutOfTime(); packets += 1) {
    packet.unref()
    isWhole = (await format.readFrame(packet)) < 0
    if (isWhole) break
    if (packet.streamIndex !== stream.index) continue
    const at = packet.pts === AV_NOPTS_VALUE ? packet.dts : packet.pts
    if (frames === 0 || at < start) start = at
    if (frames === 0 || at + packet.duration > end) end = at + packet.duration
    if (packet.isKeyframe) keys.push(at)
    frames += 1
  }
  keys.sort((a, b) => (a < b ? -1 : Number(a > b)))
  return { keys, start, end, frames, isWhole }
}

/** One way through a video: decodes in order, and leaps to a key frame wherever that saves decoding. */
class FrameWalk {
  readonly #video: OpenVideo
  readonly #keys: readonly bigint[]
  readonly #wanted: readonly WantedFrame[]
  #taken = 0
  #hasFrame = false
  /** How far the packets that the decoder was given reach. */
  #fedUntil: bigint | undefined

  constructor(video: OpenVideo, keys: readonly bigint[], wanted: readonly WantedFrame[]) {
    this.#video = video
    this.#keys = keys
    this.#wanted = wanted
  }

  async run(isOutOfTime: () => boolean): Promise<'all' | 'out_of_time' | 'none'> {
    using packet = new Packet()
    packet.alloc()
    using latest = new Frame()
    latest.alloc()
    let packets = 0
    for (; this.#taken < this.#wanted.length && packets < PACKETS_MAX && !isOutOfTime(); packets += 1) {
      await this.#leap()
      if (!(await this.#feed(packet))) break
      await this.#drain(latest)
    }
    const isShort = isOutOfTime() || packets === PACKETS_MAX
    if (!isShort && this.#taken < this.#wanted.length) {
      // Decoders hold frames back to put them in order; the end of the stream makes them give these out.
      await this.#video.decoder.sendPacket(null)
      await this.#drain(latest)
    }
    const isAll = !isShort || this.#taken === this.#wanted.length
    if (!this.#hasFrame) return 'none'
    // What is wanted after the end is what a player goes on showing: the last frame.
    for (const { take } of this.#wanted.slice(this.#taken)) take(latest)
    return isAll ? 'all' : 'out_of_time'
  }

  async #leap(): Promise<void> {
    const target = this.#wanted[this.#taken]?.at ?? 0n
    const key = this.#keys.findLast((at) => at <= target) ?? this.#keys[0] ?? 0n
    if (this.#fedUntil !== undefined && key <= this.#fedUntil) return
    const { format, stream, decoder } = this.#video
    await format.seekFrame(stream.index, key, AVSEEK_FLAG_BACKWARD)
    decoder.flushBuffers()
    this.#fedUntil = key
  }

  /** Gives the decoder the next packet. False at the end. */
  async #feed(packet: Packet): Promise<boolean> {
    const { format, decoder, stream } = this.#video
    packet.unref()
    if ((await format.readFrame(packet)) < 0) return false
    if (packet.streamIndex !== stream.index) return true
    if (this.#fedUntil === undefined || packet.pts > this.#fedUntil) this.#fedUntil = packet.pts
    // A packet that does not decode costs its own frame only.
    await decoder.sendPacket(packet)
    return true
  }

  async #drain(latest: Frame): Promise<void> {
    using frame = new Frame()
    frame.alloc()
    for (let count = 0; count < FRAMES_PER_PACKET_MAX; count += 1) {
      if ((await this.#video.decoder.receiveFrame(frame)) < 0) return
      latest.unref()
      if (latest.ref(frame) < 0) continue
      this.#hasFrame = true
      for (let next = this.#wanted[this.#taken]; next !== undefined; next = this.#wanted[this.#taken]) {
        if (latest.bestEffortTimestamp < next.at) break
        next.take(latest)
        this.#taken += 1
      }
    }
  }
}

/**
 * Takes a frame for each of `wanted`, which rise in time. `out_of_time`: the rest got the last frame that was reached.
 * `none`: nothing decodes.
 */
export function walkFrames(
  video: OpenVideo,
  keys: readonly bigint[],
  wanted: readonly WantedFrame[],
  isOutOfTime: () => boolean,
): Promise<'all' | 'out_of_time' | 'none'> {
  return new FrameWalk(video, keys, wanted).run(isOutOfTime)
}
