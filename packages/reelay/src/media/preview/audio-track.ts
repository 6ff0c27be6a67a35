import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_SAMPLE_FMT_FLTP,
} from 'node-av/constants'
import { CodecContext, Frame, Rational, type FormatContext, type Packet } from 'node-av/lib'
import { drainEncoder, encoderNamed, orThrow } from './codec-steps.ts'

export const AUDIO_RATE_HZ = 48_000
/** Samples in one AAC frame. */
export const AUDIO_BLOCK = 1_024

const BIT_RATE = 96_000n

function openEncoder(): CodecContext {
  const codec = encoderNamed('aac')
  const encoder = new CodecContext()
  encoder.allocContext3(codec)
  encoder.sampleRate = AUDIO_RATE_HZ
  encoder.sampleFormat = AV_SAMPLE_FMT_FLTP
  encoder.channelLayout = AV_CHANNEL_LAYOUT_STEREO
  encoder.bitRate = BIT_RATE
  encoder.timeBase = new Rational(1, AUDIO_RATE_HZ)
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT)
  orThrow(encoder.open2Sync(codec, null), 'open the AAC encoder')
  return encoder
}

/** The second stream of a file: stereo AAC. Create it before the header is written. */
export class AudioTrack {
  readonly #format: FormatContext
  readonly #encoder = openEncoder()
  readonly #frame = new Frame()
  readonly #planes = Buffer.alloc(AUDIO_BLOCK * 2 * Float32Array.BYTES_PER_ELEMENT)
  readonly #streamIndex: number
  #samples = 0

  constructor(format: FormatContext) {
    this.#format = format
    const stream = format.newStream(null)
    orThrow(stream.codecpar.fromContext(this.#encoder), 'describe the audio stream')
    stream.timeBase = this.#encoder.timeBase
    this.#streamIndex = stream.index
    this.#frame.alloc()
    this.#frame.format = AV_SAMPLE_FMT_FLTP
    this.#frame.sampleRate = AUDIO_RATE_HZ
    this.#frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO
    this.#frame.nbSamples = AUDIO_BLOCK
    orThrow(this.#frame.getBuffer(0), 'allocate an audio frame')
  }

  async write(left: Float32Array, right: Float32Array, packet: Packet): Promise<void> {
    orThrow(this.#frame.makeWritable(), 'reuse an audio frame')
    Buffer.from(left.buffer, left.byteOffset, left.byteLength).copy(this.#planes, 0)
    Buffer.from(right.buffer, right.byteOffset, right.byteLength).copy(this.#planes, left.byteLength)
    orThrow(this.#frame.fromBuffer(this.#planes), 'take audio samples')
    this.#frame.pts = BigInt(this.#samples)
    this.#samples += AUDIO_BLOCK
    orThrow(await this.#encoder.sendFrame(this.#frame), 'encode audio')
    await drainEncoder(this.#encoder, this.#format, this.#streamIndex, packet)
  }

  async finish(packet: Packet): Promise<void> {
    orThrow(await this.#encoder.sendFrame(null), 'finish the audio')
    await drainEncoder(this.#encoder, this.#format, this.#streamIndex, packet)
  }

  close(): void {
    this.#frame.free()
    this.#encoder.freeContext()
  }
}
