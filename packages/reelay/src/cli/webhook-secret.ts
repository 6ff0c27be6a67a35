import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { overlapOf } from './overlap.ts'
import { printSecrets } from './secret-view.ts'

export type WebhookSecretOptions = GlobalOptions & { project: string; rotate?: boolean; overlap?: string }

/** `reelay webhook-secret`: what signs the deliveries to a `callback_url`. A new one is alone on standard output. */
export async function run(options: WebhookSecretOptions, io: Io): Promise<ExitCode> {
  const overlap = overlapOf(options.overlap)
  const { projects } = await connect(options, io)
  if (options.rotate !== true) {
    printSecrets(await projects.webhookSecrets(options.project), options, io)
    return EXIT_CODE.ok
  }
  const secret = await projects.rotateWebhookSecret(options.project, overlap)
  if (options.json === true) {
    writeJson(io, secret)
    return EXIT_CODE.ok
  }
  writeLine(io.stderr, `callback_url deliveries of ${options.project} are signed with it from now on`)
  writeLine(io.stdout, secret.secret)
  return EXIT_CODE.ok
}
