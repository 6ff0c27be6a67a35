export type { VideoAdoptParams } from './adopt-video.ts'
export { createClient } from './client.ts'
export type { ClientOptions, ReelayClient } from './client.ts'
export type { Clock } from './clock.ts'
export type { CreateEncoding, VideoCreateParams, VideoInput } from './create-body.ts'
export type { CreateOptions } from './create-video.ts'
export type { DeliveriesClient, DeliveryListOptions, DeliveryPageOptions } from './deliveries-client.ts'
export type { ByteRange, DownloadOptions } from './download.ts'
export type {
  EndpointCreateParams,
  EndpointsClient,
  EndpointUpdateParams,
  ResendParams,
  RotateParams,
} from './endpoints-client.ts'
export {
  ReelayAbortError,
  ReelayApiError,
  ReelayConnectionError,
  ReelayError,
  ReelayTimeoutError,
  VideoFailedError,
} from './errors.ts'
export type { ReelayErrorCode } from './errors.ts'
export type { KeyCreateParams, KeyExpiry, KeyOptions, KeyRotateParams, KeysClient } from './keys-client.ts'
export type { ModelsClient } from './models-client.ts'
export type { Download } from './open-file.ts'
export type { ProjectSecretsClient } from './project-secrets-client.ts'
export type { ProjectOptions, ProjectsClient, ProjectUpdateParams } from './projects-client.ts'
export { createReceiver } from './receiver/create-receiver.ts'
export type { WebhookHeaders } from './receiver/header-of.ts'
export { createMemoryStore } from './receiver/memory-store.ts'
export { ReceiverError } from './receiver/receiver-error.ts'
export type { ReceiverErrorCode } from './receiver/receiver-error.ts'
export type {
  AddedCallback,
  CallbackReference,
  ReceiverStore,
  StoredCallback,
  TaskRecord,
} from './receiver/receiver-store.ts'
export type {
  EventContext,
  HandleOptions,
  PollingOptions,
  Receiver,
  ReceiverOptions,
  ReceiverRequest,
  ReceiverResponse,
} from './receiver/receiver.ts'
export { verifySignature } from './receiver/verify-signature.ts'
export type { VerifiedWebhook, VerifyOptions, WebhookRequest } from './receiver/verify-signature.ts'
export { verifyWebhook } from './receiver/verify-webhook.ts'
export type { VideoEvent, VideoEventType, VideoTaskEvent, WebhookTestEvent } from './receiver/video-event.ts'
export { WebhookVerificationError } from './receiver/webhook-verification-error.ts'
export type { WebhookVerificationCode } from './receiver/webhook-verification-error.ts'
export type { RetrieveOptions } from './retrieve-video.ts'
export type { CallbackPageOptions } from './list-callbacks.ts'
export type { EventsOptions } from './video-events.ts'
export { spriteFrame, type SpriteFrame } from './sprite-frame.ts'
export type { ReceivedVideo } from './video-from-answer.ts'
export type { ListOptions, ReceivedVideoPage } from './video-list.ts'
export type { CallOptions, VideosClient } from './videos-client.ts'
export type { WaitOptions } from './wait.ts'
export type { WatchOptions } from './watch-video.ts'
export { TERMINAL_STATUSES, VIDEO_STATUSES, isTerminalStatus } from './wire.ts'
export type {
  ApiKey,
  ApiKeyDeleted,
  ApiKeyList,
  ErrorEnvelope,
  Health,
  InputRole,
  LackedParameter,
  Model,
  ModelCapabilities,
  ModelList,
  ModelPrice,
  PriceRate,
  Project,
  ProjectLimits,
  ProjectUsage,
  ReelayDetails,
  SecondsRange,
  Spritesheet,
  Video,
  VideoDeleted,
  VideoError,
  VideoErrorType,
  VideoPage,
  VideoStatus,
} from './wire.ts'
export type {
  CallbackPage,
  DeliveryAttempt,
  DeliveryPage,
  DeliveryStatus,
  ProviderCallback,
  TimelineEntry,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointDeleted,
  WebhookEventType,
  WebhookPayload,
  WebhookSecret,
} from './webhook-wire.ts'
