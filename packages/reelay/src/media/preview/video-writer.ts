import {
  AVCOL_PRI_BT709,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_RGB,
  AVCOL_TRC_BT709,
  AVFMT_FLAG_BITEXACT,
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_RGBA,
  AV_PIX_FMT_YUV420P,
} from 'node-av/constants'
import {
  CodecContext,
  Dictionary,
  FormatContext,
  Frame,
  Packet,
  Rational,
  SoftwareScaleContext,
} from 'node-av/lib'
import { AudioTrack } from './audio-track.ts'
import { drainEncoder, encoderNamed, orThrow } from './codec-steps.ts'

/** The encoder's output depends on its thread count, so it is fixed: the same request gives the same bytes. */
const ENCODER_THREADS = 2
/** The encoder's look-ahead by macroblock trees makes its bytes differ from run to run. */
const X264_OPTIONS = 'mbtree=0'

export interface VideoSettings {
  readonly path: string
  readonly width: number
  readonly height: number
  readonly fps: number
  readonly hasAudio: boolean
}

async function openEncoder(settings: VideoSettings): Promise<CodecContext> {
  const codec = encoderNamed('libx264')
  const encoder = new CodecContext()
  encoder.allocContext3(codec)
  encoder.width = settings.width
  encoder.height = settings.height
  encoder.timeBase = new Rational(1, settings.fps)
  encoder.framerate = new Rational(settings.fps, 1)
  encoder.pixelFormat = AV_PIX_FMT_YUV420P
  encoder.colorSpace = AVCOL_SPC_BT709
  encoder.colorRange = AVCOL_RANGE_MPEG
  encoder.colorPrimaries = AVCOL_PRI_BT709
  encoder.colorTrc = AVCOL_TRC_BT709
  encoder.gopSize = settings.fps * 2
  encoder.threadCount = ENCODER_THREADS
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT)
  const options = { preset: 'veryfast', crf: '20', 'x264-params': X264_OPTIONS }
  // `open2Sync` with options frees them twice in node-av 6.1.1.
  orThrow(await encoder.open2(codec, Dictionary.fromObject(options)), 'open the H.264 encoder')
  return encoder
}

function pictureFrame(settings: VideoSettings, isSource: boolean): Frame {
  const frame = new Frame()
  frame.alloc()
  frame.width = settings.width
  frame.height = settings.height
  frame.format = isSource ? AV_PIX_FMT_RGBA : AV_PIX_FMT_YUV420P
  frame.colorSpace = isSource ? AVCOL_SPC_RGB : AVCOL_SPC_BT709
  frame.colorRange = isSource ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
  orThrow(frame.getBuffer(0), 'allocate a frame')
  return frame
}

/** Writes RGBA pictures (and a pad) as H.264 and AAC in an MP4 whose index comes first. One instance, one file. */
export class VideoWriter {
  readonly #settings: VideoSettings
  readonly #format = new FormatContext()
  readonly #packet = new Packet()
  readonly #scaler = new SoftwareScaleContext()
  readonly #encoder: CodecContext
  readonly #source: Frame
  readonly #picture: Frame
  #audio: AudioTrack | undefined
  #frames = 0

  private constructor(settings: VideoSettings, encoder: CodecContext) {
    this.#settings = settings
    this.#encoder = encoder
    this.#source = pictureFrame(settings, true)
    this.#picture = pictureFrame(settings, false)
    this.#packet.alloc()
    this.#scaler.allocContext()
  }

  /** Starts the file: its header is written when this resolves. */
  static async open(settings: VideoSettings): Promise<VideoWriter> {
    const writer = new VideoWriter(settings, await openEncoder(settings))
    try {
      await writer.#start()
      return writer
    } catch (error) {
      writer.close()
      throw error
    }
  }

  async #start(): Promise<void> {
    orThrow(this.#format.allocOutputContext2(null, 'mp4', this.#settings.path), 'create an MP4')
    this.#format.setFlags(AVFMT_FLAG_BITEXACT)
    const stream = this.#format.newStream(null)
    orThrow(stream.codecpar.fromContext(this.#encoder), 'describe the video stream')
    stream.timeBase = this.#encoder.timeBase
    stream.avgFrameRate = this.#encoder.framerate
    if (this.#settings.hasAudio) this.#audio = new AudioTrack(this.#format)
    orThrow(await this.#format.openOutput(), `open ${this.#settings.path} for writing`)
    const options = Dictionary.fromObject({ movflags: '+faststart' })
    orThrow(await this.#format.writeHeader(options), 'write the header')
  }

  /** Encodes one picture of `width * height * 4` bytes, which are free again when this returns its promise. */
  async writePicture(rgba: Buffer): Promise<void> {
    orThrow(this.#source.fromBuffer(rgba), 'take a picture')
    orThrow(this.#picture.makeWritable(), 'reuse a frame')
    orThrow(this.#scaler.scaleFrameSync(this.#picture, this.#source), 'convert a picture')
    this.#picture.pts = BigInt(this.#frames)
    this.#picture.duration = 1n
    this.#frames += 1
    orThrow(await this.#encoder.sendFrame(this.#picture), 'encode a picture')
    await this.#drain()
  }

  /** Encodes one block of `AUDIO_BLOCK` samples. */
  async writeAudio(left: Float32Array, right: Float32Array): Promise<void> {
    await this.#audio?.write(left, right, this.#packet)
  }

  async finish(): Promise<void> {
    orThrow(await this.#encoder.sendFrame(null), 'finish the video')
    await this.#drain()
    await this.#audio?.finish(this.#packet)
    orThrow(await this.#format.writeTrailer(), 'write the index')
    await this.#format.closeOutput()
  }

  /** Frees what the garbage collector cannot see. */
  close(): void {
    this.#audio?.close()
    this.#scaler.freeContext()
    this.#packet.free()
    this.#source.free()
    this.#picture.free()
    this.#encoder.freeContext()
    this.#format.freeContext()
  }

  async #drain(): Promise<void> {
    await drainEncoder(this.#encoder, this.#format, 0, this.#packet)
  }
}
