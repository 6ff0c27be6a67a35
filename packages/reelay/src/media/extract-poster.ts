import { open, writeFile } from 'node:fs/promises'
import { createCanvas, type Canvas } from '@napi-rs/canvas'
import {
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_RGB,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_FLAG_BACKWARD,
  AV_LOG_FATAL,
  AV_PIX_FMT_RGBA,
  AV_PKT_DATA_DISPLAYMATRIX,
} from 'node-av/constants'
import {
  Codec,
  CodecContext,
  Dictionary,
  FormatContext,
  Frame,
  InputFormat,
  Log,
  Packet,
  SoftwareScaleContext,
  type Stream,
} from 'node-av/lib'
import { SNIFF_BYTES, sniffVideo } from './sniff.ts'

/** A poster that is ready to be written. */
export interface ExtractedPoster {
  readonly width: number
  readonly height: number
  readonly write: (path: string) => Promise<void>
}

const POSTER_AT_MS = 1_000
const POSTER_EDGE_MAX = 1_280
const SOURCE_EDGE_MAX = 8_192
const DECODE_PACKETS_MAX = 240
const JPEG_QUALITY = 84
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

/** The time of the wanted picture in units of the stream: a second in, or the middle of something shorter. */
function targetOf(stream: Stream): bigint {
  const { num, den } = stream.timeBase
  if (num <= 0 || den <= 0) return 0n
  const units = BigInt(Math.floor((POSTER_AT_MS * den) / (num * 1000)))
  const half = stream.duration > 0n ? stream.duration / 2n : units
  return (stream.startTime > 0n ? stream.startTime : 0n) + (half < units ? half : units)
}

/** Decodes until the frame at `target`, or gives the last one before it. False when nothing decodes. */
async function decodeUntil(
  format: FormatContext,
  decoder: CodecContext,
  index: number,
  target: bigint,
  frame: Frame,
) {
  using packet = new Packet()
  packet.alloc()
  using next = new Frame()
  next.alloc()
  let hasFrame = false
  const takeFrames = async (): Promise<boolean> => {
    for (let count = 0; count < DECODE_PACKETS_MAX; count += 1) {
      if ((await decoder.receiveFrame(next)) < 0) return false
      frame.unref()
      hasFrame = frame.ref(next) >= 0
      if (hasFrame && next.bestEffortTimestamp >= target) return true
    }
    return false
  }
  for (let packets = 0; packets < DECODE_PACKETS_MAX; packets += 1) {
    packet.unref()
    if ((await format.readFrame(packet)) < 0) break
    if (packet.streamIndex !== index) continue
    await decoder.sendPacket(packet)
    if (await takeFrames()) return true
  }
  // Decoders hold frames back to put them in order; the end of the stream makes them give these out.
  await decoder.sendPacket(null)
  return (await takeFrames()) || hasFrame
}

/** Quarter turns clockwise that players apply, from the 16.16 matrix of the track. */
function quarterTurns(stream: Stream): number {
  const matrix = stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX)
  if (matrix === null || matrix.length < 36) return 0
  const [cos, sin] = [matrix.readInt32LE(0), matrix.readInt32LE(4)]
  if (cos === 0 && sin === 0) return 0
  return ((Math.round(Math.atan2(sin, cos) / (Math.PI / 2)) % 4) + 4) % 4
}

function even(value: number): number {
  return Math.max(2, Math.round(value / 2) * 2)
}

function scaledCanvas(frame: Frame): Canvas {
  const { num, den } = frame.sampleAspectRatio
  const stretch = num > 0 && den > 0 ? num / den : 1
  const shrink = Math.min(1, POSTER_EDGE_MAX / Math.max(frame.width * stretch, frame.height))
  const width = even(frame.width * stretch * shrink)
  const height = even(frame.height * shrink)
  using picture = new Frame()
  picture.alloc()
  picture.width = width
  picture.height = height
  picture.format = AV_PIX_FMT_RGBA
  picture.colorSpace = AVCOL_SPC_RGB
  picture.colorRange = AVCOL_RANGE_JPEG
  if (picture.getBuffer(0) < 0) throw new Error('Could not allocate the poster.')
  using scaler = new SoftwareScaleContext()
  scaler.allocContext()
  if (scaler.scaleFrameSync(picture, frame) < 0) throw new Error('Could not scale the poster.')
  const canvas = createCanvas(width, height)
  const context = canvas.getContext('2d')
  const image = context.createImageData(width, height)
  image.data.set(picture.toBuffer().subarray(0, width * height * 4))
  context.putImageData(image, 0, 0)
  return canvas
}

function turned(canvas: Canvas, turns: number): Canvas {
  if (turns === 0) return canvas
  const isUpright = turns % 2 === 0
  const result = createCanvas(
    isUpright ? canvas.width : canvas.height,
    isUpright ? canvas.height : canvas.width,
  )
  const context = result.getContext('2d')
  context.translate(result.width / 2, result.height / 2)
  context.rotate((turns * Math.PI) / 2)
  context.drawImage(canvas, -canvas.width / 2, -canvas.height / 2)
  return result
}

async function pictureOf(format: FormatContext, index: number, stream: Stream): Promise<Canvas | undefined> {
  using decoder = openDecoder(stream)
  if (decoder === undefined) return undefined
  const target = targetOf(stream)
  await format.seekFrame(index, target, AVSEEK_FLAG_BACKWARD)
  using frame = new Frame()
  frame.alloc()
  if (!(await decodeUntil(format, decoder, index, target, frame))) return undefined
  return turned(scaledCanvas(frame), quarterTurns(stream))
}

/** The picture about a second into a video, or undefined when there is none to be had. */
export async function extractPoster(videoPath: string): Promise<ExtractedPoster | undefined> {
  Log.setLevel(AV_LOG_FATAL)
  const inputFormat = await formatOf(videoPath)
  if (inputFormat === null) return undefined
  await using format = new FormatContext()
  format.allocContext()
  const options = Dictionary.fromObject({ protocol_whitelist: 'file' })
  if ((await format.openInput(videoPath, inputFormat, options)) < 0) return undefined
  const index = format.findBestStream(AVMEDIA_TYPE_VIDEO)
  const stream = index < 0 ? undefined : format.streams[index]
  if (stream === undefined) return undefined
  const canvas = await pictureOf(format, index, stream)
  if (canvas === undefined) return undefined
  const { width, height } = canvas
  return { width, height, write: async (path) => writeFile(path, await canvas.encode('jpeg', JPEG_QUALITY)) }
}
