import { open } from 'node:fs/promises'
import { AVMEDIA_TYPE_VIDEO, AV_LOG_FATAL } from 'node-av/constants'
import { Codec, CodecContext, Dictionary, FormatContext, InputFormat, Log, type Stream } from 'node-av/lib'
import { SNIFF_BYTES, sniffVideo } from './sniff.ts'

/** A video that is open for decoding. */
export interface OpenVideo {
  readonly format: FormatContext
  readonly decoder: CodecContext
  readonly stream: Stream
}

const SOURCE_EDGE_MAX = 8_192
const DECODER_THREADS = 1

async function formatOf(path: string): Promise<InputFormat | null> {
  await using handle = await open(path, 'r')
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
  const mime = sniffVideo(buffer.subarray(0, bytesRead))
  if (mime === undefined) return null
  // Naming the format keeps FFmpeg from guessing: a playlist in disguise would make it open other files and links.
  return InputFormat.findInputFormat(mime === 'video/webm' ? 'matroska' : 'mov')
}

function openDecoder(stream: Stream): CodecContext | undefined {
  const { codecpar } = stream
  const codec = Codec.findDecoder(codecpar.codecId)
  if (codec === null) return undefined
  const { width, height } = codecpar
  if (!(width > 0 && height > 0 && width <= SOURCE_EDGE_MAX && height <= SOURCE_EDGE_MAX)) return undefined
  const decoder = new CodecContext()
  decoder.allocContext3(codec)
  if (decoder.parametersToContext(codecpar) < 0) return undefined
  decoder.pktTimebase = stream.timeBase
  decoder.threadCount = DECODER_THREADS
  return decoder.open2Sync(codec, null) < 0 ? undefined : decoder
}

/** Calls `use` with the opened video and closes it after. Undefined, without a call, when it cannot be decoded. */
export async function openVideo<Result>(
  path: string,
  use: (video: OpenVideo) => Promise<Result>,
): Promise<Result | undefined> {
  Log.setLevel(AV_LOG_FATAL)
  const inputFormat = await formatOf(path)
  if (inputFormat === null) return undefined
  await using format = new FormatContext()
  format.allocContext()
  const options = Dictionary.fromObject({ protocol_whitelist: 'file' })
  if ((await format.openInput(path, inputFormat, options)) < 0) return undefined
  const index = format.findBestStream(AVMEDIA_TYPE_VIDEO)
  const stream = index < 0 ? undefined : format.streams[index]
  if (stream === undefined) return undefined
  using decoder = openDecoder(stream)
  return decoder === undefined ? undefined : await use({ format, decoder, stream })
}
