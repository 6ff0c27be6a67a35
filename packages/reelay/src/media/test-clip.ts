import {
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_RGB,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_FATAL,
  AV_PIX_FMT_RGBA,
  AV_PIX_FMT_YUV420P,
  FF_ENCODER_LIBSVTAV1,
  FF_ENCODER_LIBX264,
  FF_ENCODER_LIBX265,
} from 'node-av/constants'
import {
  Codec,
  CodecContext,
  Dictionary,
  FormatContext,
  Frame,
  Log,
  Packet,
  Rational,
  SoftwareScaleContext,
} from 'node-av/lib'
import { orThrow } from './preview/codec-steps.ts'

/** A clip for tests: gray pictures, from black to white over its length, so that a picture tells its time. */
export interface TestClip {
  readonly codec: 'h264' | 'hevc' | 'av1'
  readonly width: number
  readonly height: number
  readonly fps: number
  readonly frames: number
  /** Frames from one key frame to the next. */
  readonly gop: number
  /** Leaves out how long each picture is shown, as some encoders do: that of the last one is nowhere then. */
  readonly isOpenEnded?: boolean
}

const ENCODERS = {
  h264: [FF_ENCODER_LIBX264, { preset: 'ultrafast', 'x264-params': 'scenecut=0:bframes=2' }],
  hevc: [FF_ENCODER_LIBX265, { preset: 'ultrafast', 'x265-params': 'log-level=none:scenecut=0:bframes=2' }],
  av1: [FF_ENCODER_LIBSVTAV1, { preset: '12', crf: '40' }],
} as const

/** What the pictures show at a share of the clip's length: 0 black, 255 white. */
export function grayAt(share: number): number {
  return Math.round(255 * share)
}

async function encoderOf({ codec: name, width, height, fps, gop }: TestClip): Promise<CodecContext> {
  const [encoderName, options] = ENCODERS[name]
  const codec = Codec.findEncoderByName(encoderName)
  if (codec === null) throw new Error(`no encoder for ${name}`)
  const encoder = new CodecContext()
  encoder.allocContext3(codec)
  encoder.width = width
  encoder.height = height
  encoder.timeBase = new Rational(1, fps)
  encoder.framerate = new Rational(fps, 1)
  encoder.pixelFormat = AV_PIX_FMT_YUV420P
  encoder.colorSpace = AVCOL_SPC_BT709
  encoder.colorRange = AVCOL_RANGE_MPEG
  encoder.gopSize = gop
  encoder.bitRate = 0n
  encoder.threadCount = 1
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER)
  orThrow(await encoder.open2(codec, Dictionary.fromObject(options)), `open the ${name} encoder`)
  return encoder
}

function frameOf({ width, height }: TestClip, isSource: boolean): Frame {
  const frame = new Frame()
  frame.alloc()
  frame.width = width
  frame.height = height
  frame.format = isSource ? AV_PIX_FMT_RGBA : AV_PIX_FMT_YUV420P
  frame.colorSpace = isSource ? AVCOL_SPC_RGB : AVCOL_SPC_BT709
  frame.colorRange = isSource ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
  orThrow(frame.getBuffer(0), 'allocate a frame')
  return frame
}

async function writePackets(
  clip: TestClip,
  encoder: CodecContext,
  format: FormatContext,
  packet: Packet,
): Promise<void> {
  const stream = format.streams[0]
  if (stream === undefined) throw new Error('the MP4 has no stream')
  while ((await encoder.receivePacket(packet)) >= 0) {
    packet.streamIndex = 0
    packet.duration = clip.isOpenEnded === true ? 0n : 1n
    packet.rescaleTs(encoder.timeBase, stream.timeBase)
    orThrow(await format.interleavedWriteFrame(packet), 'write a packet')
  }
}

/** Writes the clip as an MP4. */
export async function writeTestClip(path: string, clip: TestClip): Promise<void> {
  Log.setLevel(AV_LOG_FATAL)
  // The AV1 encoder has a voice of its own.
  process.env['SVT_LOG'] = '0'
  using encoder = await encoderOf(clip)
  await using format = new FormatContext()
  orThrow(format.allocOutputContext2(null, 'mp4', path), 'create an MP4')
  const stream = format.newStream(null)
  orThrow(stream.codecpar.fromContext(encoder), 'describe the stream')
  stream.timeBase = encoder.timeBase
  orThrow(await format.openOutput(), `open ${path}`)
  orThrow(await format.writeHeader(null), 'write the header')
  using source = frameOf(clip, true)
  using picture = frameOf(clip, false)
  using packet = new Packet()
  packet.alloc()
  using scaler = new SoftwareScaleContext()
  scaler.allocContext()
  for (let index = 0; index < clip.frames; index += 1) {
    const gray = grayAt((index + 0.5) / clip.frames)
    const rgba = Buffer.alloc(clip.width * clip.height * 4, Buffer.from([gray, gray, gray, 255]))
    orThrow(source.fromBuffer(rgba), 'take a picture')
    orThrow(picture.makeWritable(), 'reuse a frame')
    orThrow(scaler.scaleFrameSync(picture, source), 'convert a picture')
    picture.pts = BigInt(index)
    picture.duration = 1n
    orThrow(await encoder.sendFrame(picture), 'encode a picture')
    await writePackets(clip, encoder, format, packet)
  }
  orThrow(await encoder.sendFrame(null), 'finish the clip')
  await writePackets(clip, encoder, format, packet)
  orThrow(await format.writeTrailer(), 'write the index')
  await format.closeOutput()
}
