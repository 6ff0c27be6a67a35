import type { ReelayClient } from '@reelay/sdk'
import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { overlapOf } from './overlap.ts'
import { printSecrets } from './secret-view.ts'

export type WebhookSecretOptions = GlobalOptions & { project?: string; rotate?: boolean; overlap?: string }

/** `reelay webhook-secret`: what signs the deliveries to a `callback_url`. A new one is alone on standard output. */
export async function run(options: WebhookSecretOptions, io: Io): Promise<ExitCode> {
  const overlap = overlapOf(options.overlap)
  const { projects } = await connect(options, io)
  const project = options.project ?? (await ownProject(projects))
  if (options.rotate !== true) {
    printSecrets(await projects.webhookSecrets(project), options, io)
    return EXIT_CODE.ok
  }
  const secret = await projects.rotateWebhookSecret(project, overlap)
  if (options.json === true) {
    writeJson(io, secret)
    return EXIT_CODE.ok
  }
  writeLine(io.stderr, `callback_url deliveries of ${project} are signed with it from now on`)
  writeLine(io.stdout, secret.secret)
  return EXIT_CODE.ok
}

/** Administrators of a project are shown that one only; those of the default project look after all, and mean their own. */
async function ownProject(projects: ReelayClient['projects']): Promise<string> {
  const ids = (await projects.list()).map(({ id }) => id)
  return ids.find((id) => id === 'default') ?? ids[0] ?? 'default'
}
