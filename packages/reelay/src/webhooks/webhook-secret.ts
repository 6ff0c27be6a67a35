import type { Ids } from '../system/ids.ts'

/** Secrets of one endpoint or project that sign at the same time: the newest, and those that are being rotated out. */
export const SECRETS_LIVE_MAX = 4

/** How long a rotated secret goes on signing unless the rotation says otherwise. */
export const OVERLAP_MS_DEFAULT: number = 24 * 3_600_000

const SECRET_BYTES = 32

/** A new signing secret, as the Standard Webhooks specification writes it. */
export const makeSecret = (ids: Ids): string =>
  `whsec_${Buffer.from(ids.secret(SECRET_BYTES), 'base64url').toString('base64')}`

/** What the vault seals an endpoint's secrets for. */
export const endpointPurpose = (id: string): string => `endpoint ${id}`

/** What the vault seals the secrets for that sign a project's `callback_url` deliveries. */
export const projectPurpose = (id: string): string => `project ${id}`
