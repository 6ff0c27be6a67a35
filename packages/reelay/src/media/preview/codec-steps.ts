import {
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBX264,
  type FFEncoderCodec,
} from 'node-av/constants'
import { Codec, FFmpegError, type CodecContext, type FormatContext, type Packet } from 'node-av/lib'

/** Turns a negative FFmpeg result into an error that names the step. */
export function orThrow(result: number, step: string): void {
  if (result < 0) throw new Error(`Could not ${step}: ${FFmpegError.strerror(result)}.`)
}

const ENCODERS: Readonly<Record<'libx264' | 'aac', FFEncoderCodec>> = {
  libx264: FF_ENCODER_LIBX264,
  aac: FF_ENCODER_AAC,
}

export function encoderNamed(name: 'libx264' | 'aac'): Codec {
  const codec = Codec.findEncoderByName(ENCODERS[name])
  if (codec === null) throw new Error(`The installed node-av has no ${name} encoder; reinstall node-av.`)
  return codec
}

/** Whether a result only says that there is nothing to take now, or nothing more ever. */
function isDrained(result: number): boolean {
  return result === AVERROR_EAGAIN || result === AVERROR_EOF
}

/** Moves every packet that the encoder has ready into the file. */
export async function drainEncoder(
  encoder: CodecContext,
  format: FormatContext,
  streamIndex: number,
  packet: Packet,
): Promise<void> {
  const stream = format.streams[streamIndex]
  if (stream === undefined) throw new Error(`The MP4 has no stream ${streamIndex}.`)
  for (;;) {
    const result = await encoder.receivePacket(packet)
    if (isDrained(result)) return
    orThrow(result, 'take an encoded packet')
    packet.streamIndex = streamIndex
    packet.rescaleTs(encoder.timeBase, stream.timeBase)
    orThrow(await format.interleavedWriteFrame(packet), 'write a packet')
  }
}
