import { emptyAnswer, jsonAnswer, type Answer } from '../../answer.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'

const NUMBERS_MAX = 1_000

/** A name that is free, or has the same bytes: `boat.png`, `boat (1).png`. */
function freeName(filename: string, folder: string, content: Buffer, { uploads }: Verbs): string {
  const dot = filename.lastIndexOf('.')
  const [stem, end] = dot < 0 ? [filename, ''] : [filename.slice(0, dot), filename.slice(dot)]
  let name = filename
  for (let number = 1; number < NUMBERS_MAX; number += 1) {
    const there = uploads.find(folder + name)
    if (there === undefined || there.content.equals(content)) return name
    name = `${stem} (${number})${end}`
  }
  return name
}

/** Keeps a picture where nodes find it: under its folder and name. */
export function uploadAnswer({ files, fields }: SimulatorRequest, verbs: Verbs): Answer {
  const file = files.find(({ field }) => field === 'image')
  if (file === undefined || file.filename === '') return emptyAnswer(400)
  const subfolder = textField(fields, 'subfolder')
  if (`/${subfolder}/${file.filename}/`.includes('/../')) return emptyAnswer(400)
  const folder = subfolder === '' ? '' : `${subfolder}/`
  const overwrites = ['true', '1'].includes(textField(fields, 'overwrite'))
  const name = overwrites ? file.filename : freeName(file.filename, folder, file.content, verbs)
  verbs.uploads.keep(folder + name, { mime: file.mime, content: file.content })
  return jsonAnswer(200, { name, subfolder, type: textField(fields, 'type') || 'input' })
}
