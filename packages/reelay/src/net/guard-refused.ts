import type { Refusal, RefusalCode } from './guard.ts'

/** The guard let a request go no further. Nothing reached the refused address. */
export class GuardRefused extends Error {
  override readonly name: string = 'GuardRefused'
  readonly code: RefusalCode
  /** The URL's own host and port, never what it resolved to. */
  readonly host: string
  /** The setting with which the operator could allow it, when there is one. */
  readonly setting: string | undefined
  /** Whether no server got any part of the request. False after a redirect. */
  readonly notSent: boolean

  constructor(refusal: Refusal, notSent: boolean) {
    super(refusal.reason)
    this.code = refusal.code
    this.host = refusal.host
    this.setting = refusal.setting
    this.notSent = notSent
  }

  get reason(): string {
    return this.message
  }
}
