import type { WebhookSecret } from '@reelay/sdk'
import { formatDuration } from './duration.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { oneLine } from './text.ts'

/** Signing secrets, the newest first: alone on standard output, a line each, so that a script can take them. */
export function printSecrets(secrets: readonly WebhookSecret[], { json }: GlobalOptions, io: Io): void {
  if (json === true) return writeJson(io, { object: 'list', data: secrets })
  for (const { secret, expires_at: expiresAt } of secrets) {
    writeLine(io.stdout, oneLine(secret))
    if (expiresAt === null) continue
    const leftMs = expiresAt * 1_000 - io.clock.nowMs()
    writeLine(io.stderr, `the one above was rotated out and signs for ${formatDuration(leftMs)} more`)
  }
}
