import { FormData, Response } from 'undici'
import type { InputFile } from './provider.ts'
import type { UpstreamBody } from './upstream.ts'

/** A text part. Lists, numbers and objects are the caller's to spell. */
export type FormField = { name: string; text: string }

/** A file part. */
export type FormFile = { name: string; file: InputFile }

/** Whole in memory before the connection is made: a body that fails to be read must not fail a billable request half sent. */
export async function multipartBody(
  fields: readonly FormField[],
  files: readonly FormFile[],
): Promise<UpstreamBody> {
  const form = new FormData()
  for (const { name, text } of fields) form.append(name, text)
  for (const { name, file } of files) {
    const blob = new Blob([Uint8Array.from(await file.read())], { type: file.mime })
    form.append(name, blob, file.filename)
  }
  const encoded = new Response(form)
  const contentType = encoded.headers.get('content-type') ?? 'multipart/form-data'
  return { bytes: new Uint8Array(await encoded.arrayBuffer()), contentType }
}

export function jsonBody(record: Readonly<Record<string, unknown>>): UpstreamBody {
  return { bytes: new TextEncoder().encode(JSON.stringify(record)), contentType: 'application/json' }
}

/** How a value of a JSON body is written into a form field. */
export const fieldText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)
