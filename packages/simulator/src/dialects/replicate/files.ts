import { jsonAnswer, type Answer } from '../../answer.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'

const FILE_LIFE_MS = 24 * 3_600_000

/** Keeps a file that a later create names by its link. */
export function upload(verbs: Verbs, { files }: SimulatorRequest): Answer {
  const content = files.find(({ field }) => field === 'content')
  if (content === undefined)
    return jsonAnswer(400, { title: 'Bad request', detail: 'The field "content" is missing.', status: 400 })
  const id = verbs.ids.hex(20)
  verbs.uploads.keep(id, content)
  return jsonAnswer(201, {
    id,
    name: content.filename,
    content_type: content.mime,
    size: content.bytes,
    checksums: { sha256: content.sha256 },
    metadata: {},
    created_at: new Date(verbs.nowMs).toISOString(),
    expires_at: new Date(verbs.nowMs + FILE_LIFE_MS).toISOString(),
    urls: { get: `${verbs.origin}/v1/files/${id}` },
  })
}
