export { createClient } from './client.ts'
export type { ClientOptions, ReelayClient } from './client.ts'
export type { Clock } from './clock.ts'
export type { CreateEncoding, VideoCreateParams, VideoInput } from './create-body.ts'
export type { CreateOptions } from './create-video.ts'
export type { ByteRange, DownloadOptions } from './download.ts'
export {
  ReelayAbortError,
  ReelayApiError,
  ReelayConnectionError,
  ReelayError,
  ReelayTimeoutError,
  VideoFailedError,
} from './errors.ts'
export type { ReelayErrorCode } from './errors.ts'
export type { KeyCreateParams, KeyOptions, KeysClient } from './keys-client.ts'
export type { ModelsClient } from './models-client.ts'
export type { Download } from './open-file.ts'
export type { ProjectOptions, ProjectsClient } from './projects-client.ts'
export type { RetrieveOptions } from './retrieve-video.ts'
export type { ReceivedVideo } from './video-from-answer.ts'
export type { ListOptions, ReceivedVideoPage } from './video-list.ts'
export type { CallOptions, VideosClient } from './videos-client.ts'
export type { WaitOptions } from './wait.ts'
export { TERMINAL_STATUSES, VIDEO_STATUSES, isTerminalStatus } from './wire.ts'
export type {
  ApiKey,
  ApiKeyDeleted,
  ApiKeyList,
  ErrorEnvelope,
  Health,
  InputRole,
  Model,
  ModelCapabilities,
  ModelList,
  ModelPrice,
  Project,
  ReelayDetails,
  SecondsRange,
  Video,
  VideoDeleted,
  VideoError,
  VideoErrorType,
  VideoPage,
  VideoStatus,
} from './wire.ts'
