import { open } from 'node:fs/promises'
import {
  CustomSource,
  EncodedPacketSink,
  Input,
  Logging,
  LogLevel,
  MP4,
  QTFF,
  WEBM,
  type InputTrack,
  type InputVideoTrack,
} from 'mediabunny'
import { ByteSource } from './byte-source.ts'
import { checkIsoStructure } from './iso-structure.ts'
import { NotAVideo } from './not-a-video.ts'
import { SNIFF_BYTES, sniffImage, sniffVideo, type VideoMime } from './sniff.ts'
import { checkWebmStructure } from './webm-structure.ts'

/** What a stored video is. */
export interface VideoProbe {
  readonly mime: VideoMime
  /** Pixels as shown, after rotation. */
  readonly width: number
  readonly height: number
  readonly durationMs: number
  /** `avc`, `hevc`, `vp9`, `av1`, `vp8`, or `unknown`. */
  readonly codec: string
  /** The codecs of video and sound as RFC 6381 writes them, or null when one of them is unknown. */
  readonly codecs: string | null
  readonly fps: number | null
  readonly hasAudio: boolean
}

const FPS_PACKETS = 120
// What a broken file makes the parser say is in the error that it throws; the console is not its place.
Logging.level = LogLevel.Silent

const PROBE_CACHE_BYTES = 16 * 1024 * 1024

function refuseOther(head: Uint8Array): never {
  const text = new TextDecoder()
    .decode(head.subarray(0, 512))
    .replace(/^\uFEFF/, '')
    .trimStart()
    .toLowerCase()
  if (/^<(!doctype html|html|head|body|!--|\?xml)/.test(text)) throw new NotAVideo('html')
  if (/^[{[]/.test(text)) throw new NotAVideo('json')
  if (sniffImage(head) !== undefined) throw new NotAVideo('image')
  throw new NotAVideo('unknown_type')
}

async function lastDataOf(track: InputTrack): Promise<void> {
  const sink = new EncodedPacketSink(track)
  const last = await sink.getPacket(Number.POSITIVE_INFINITY, { metadataOnly: true })
  if (last === null) throw new NotAVideo('zero_duration', 'a track has no samples')
  // Reading the data, not just its place, fails when it lies beyond the end of the file. Not by its time: of a last
  // picture that has no length, as some AV1 encoders leave it, no time is within it.
  if ((await sink.getPacket(Number.POSITIVE_INFINITY)) === null) throw new NotAVideo('truncated')
}

async function frameRateOf(track: InputVideoTrack): Promise<number | null> {
  const metrics = await track.computeFrameRateMetrics({ targetPacketCount: FPS_PACKETS })
  const rate = metrics.underlyingFrameRate ?? metrics.averageFrameRate
  return Number.isFinite(rate) && rate > 0 ? Math.round(rate * 1000) / 1000 : null
}

async function describe(input: Input, mime: VideoMime): Promise<VideoProbe> {
  const video = await input.getPrimaryVideoTrack()
  if (video === null) throw new NotAVideo('no_video_track')
  const audio = await input.getPrimaryAudioTrack()
  const [width, height] = [await video.getDisplayWidth(), await video.getDisplayHeight()]
  if (!(width > 0 && height > 0)) throw new NotAVideo('no_video_track')
  await lastDataOf(video)
  const durationMs = Math.round((await video.computeDuration({ metadataOnly: true })) * 1000)
  if (!(durationMs > 0)) throw new NotAVideo('zero_duration')
  const codec = (await video.getCodec()) ?? 'unknown'
  const videoCodecs = await video.getCodecParameterString()
  const audioCodecs = audio === null ? '' : await audio.getCodecParameterString()
  const codecs = [videoCodecs, audioCodecs].filter((name) => name !== '')
  return {
    mime,
    width,
    height,
    durationMs,
    codec,
    codecs: codecs.includes(null) ? null : codecs.join(', '),
    fps: await frameRateOf(video),
    hasAudio: audio !== null,
  }
}

async function probeSource(source: ByteSource): Promise<VideoProbe> {
  if (source.sizeBytes === 0) throw new NotAVideo('empty')
  const head = await source.read(0, SNIFF_BYTES)
  const mime = sniffVideo(head) ?? refuseOther(head)
  await (mime === 'video/webm' ? checkWebmStructure(source) : checkIsoStructure(source))
  using input = new Input({
    formats: [MP4, QTFF, WEBM],
    source: new CustomSource({
      getSize: () => source.sizeBytes,
      read: (start, end) => source.read(start, end - start),
      maxCacheSize: PROBE_CACHE_BYTES,
      prefetchProfile: 'fileSystem',
      // The reader that asked for the bytes gets the same error and reports it.
      handleUnhandledError: () => {},
    }),
  })
  return await describe(input, mime)
}

/**
 * Reads what a stored video is: pure TypeScript, in process, bounded in bytes and entries. Throws `NotAVideo` when the
 * bytes are not a whole video, and the file system's own error when the file cannot be read.
 */
export async function probeVideo(path: string): Promise<VideoProbe> {
  await using handle = await open(path, 'r')
  const { size } = await handle.stat()
  try {
    return await probeSource(new ByteSource(handle, size))
  } catch (error) {
    if (error instanceof NotAVideo) throw error
    if (error instanceof Error && 'code' in error) throw error
    throw new NotAVideo('malformed', error instanceof Error ? error.message : String(error))
  }
}
