/** Plain JSON. */
export type Json = null | string | number | boolean | Json[] | { [name: string]: Json }

/** A file that a model is given. */
export type VideoFile = { type: 'file'; mediaType: string; data: Uint8Array }

/** What a video is asked for with. A tier like `720p` and a negative prompt have no field here. */
export type VideoCallOptions = {
  prompt: string | undefined
  n: number
  aspectRatio: `${number}:${number}` | 'adaptive' | undefined
  resolution: `${number}x${number}` | undefined
  duration: number | undefined
  fps: number | undefined
  seed: number | undefined
  image: VideoFile | undefined
  frameImages: { image: VideoFile; frameType: 'first_frame' | 'last_frame' }[] | undefined
  inputReferences: VideoFile[] | undefined
  generateAudio: boolean | undefined
  providerOptions: Record<string, { [name: string]: Json }>
  abortSignal?: AbortSignal
  headers?: Record<string, string | undefined>
}

/** What a model says that it did not do as it was asked. */
export type VideoWarning =
  | { type: 'unsupported' | 'compatibility'; feature: string; details?: string }
  | { type: 'deprecated'; setting: string; message: string }
  | { type: 'other'; message: string }

export type VideoData =
  | { type: 'url'; url: string; mediaType: string }
  | { type: 'base64'; data: string; mediaType: string }
  | { type: 'binary'; data: Uint8Array; mediaType: string }
  | { type: 'uploaded'; mediaType: string }

export type VideoStarted = { operation: unknown; warnings: readonly VideoWarning[] }

export type VideoStatus =
  | { status: 'pending' }
  | { status: 'completed'; videos: readonly VideoData[] }
  | { status: 'error'; error: string }

/**
 * The part of the AI SDK's `VideoModelV4` that is used here. Declared here, because this package depends on
 * none of the SDK's; a test holds the two together.
 */
export interface VideoModelV4 {
  readonly specificationVersion: string
  readonly provider: string
  readonly modelId: string
  doStart?(options: VideoCallOptions): PromiseLike<VideoStarted>
  doStatus?(options: {
    operation: Json
    abortSignal?: AbortSignal
    headers?: Record<string, string | undefined>
  }): PromiseLike<VideoStatus>
}

/** A model that can be asked for a video now and for its state later, by another process. */
export type DurableVideoModel = VideoModelV4 & Required<Pick<VideoModelV4, 'doStart' | 'doStatus'>>

const isDurable = (model: VideoModelV4): model is DurableVideoModel =>
  typeof model.doStart === 'function' && typeof model.doStatus === 'function'

/**
 * The model, if its jobs outlive this process.
 * @param where in the configuration, for the message
 * @throws TypeError
 */
export function durableModel(model: VideoModelV4, where: string): DurableVideoModel {
  const version: unknown = model.specificationVersion
  if (version !== 'v4') {
    throw new TypeError(
      `${where} is a model of specification ${JSON.stringify(version) ?? 'unknown'}, and "v4" is needed: ` +
        'install the newest version of its package, with Node 22 or later.',
    )
  }
  if (!isDurable(model)) {
    throw new TypeError(
      `${where} has no doStart and doStatus: it makes a video inside one call, which a restart would lose. ` +
        'Take a provider whose video model has both.',
    )
  }
  return model
}
