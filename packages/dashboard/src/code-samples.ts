/** What a create is asked with: a subset of the API's fields, and files by their names. */
export type SampleRequest = {
  /** Fields of the body, in their order. Absent ones are not named. */
  fields: Readonly<Record<string, string | number | boolean | undefined>>
  /** Which field each file goes to. */
  files: readonly { field: string; name: string }[]
}

type Field = [name: string, value: string | number | boolean]

const fieldsOf = ({ fields }: SampleRequest): Field[] =>
  Object.entries(fields).flatMap(([name, value]): Field[] => (value === undefined ? [] : [[name, value]]))

/** For a shell: single quotes keep everything but themselves. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** The request as a command. The key comes from the environment: it is not known here. */
export function curlSample(origin: string, request: SampleRequest): string {
  const head = [`curl ${origin}/v1/videos`, '-H "Authorization: Bearer $REELAY_API_KEY"']
  if (request.files.length === 0) {
    const body = JSON.stringify(Object.fromEntries(fieldsOf(request)))
    return [...head, "-H 'Content-Type: application/json'", `-d ${quoted(body)}`].join(' \\\n  ')
  }
  const parts = [
    // As it is: with -F, a value that begins with @ or < would name a file.
    ...fieldsOf(request).map(([name, value]) => `--form-string ${quoted(`${name}=${value}`)}`),
    ...request.files.map(({ field, name }) => `-F ${quoted(`${field}=@${name}`)}`),
  ]
  return [...head, ...parts].join(' \\\n  ')
}

/** The request as a program with the SDK. */
export function typescriptSample(origin: string, request: SampleRequest): string {
  const fields = fieldsOf(request).map(([name, value]) => `  ${name}: ${JSON.stringify(value)},`)
  const names = [...new Set(request.files.map(({ field }) => field))]
  const files = names.map((field) => {
    const opened = request.files
      .filter((file) => file.field === field)
      .map(({ name }) => `await openAsBlob(${JSON.stringify(name)})`)
    return `  ${field}: ${opened.length === 1 ? opened[0] : `[${opened.join(', ')}]`},`
  })
  return [
    ...(files.length === 0 ? [] : ["import { openAsBlob } from 'node:fs'"]),
    "import { createClient } from '@reelay/sdk'",
    '',
    `const client = createClient({ baseURL: ${JSON.stringify(origin)}, apiKey: process.env.REELAY_API_KEY })`,
    'const video = await client.videos.createAndWait({',
    ...fields,
    ...files,
    '})',
    'console.log(video.video_url)',
    '',
  ].join('\n')
}
