import type { InputFile } from './provider.ts'

/** The whole file as base64. */
export async function base64Of(file: InputFile): Promise<string> {
  return Buffer.from(await file.read()).toString('base64')
}

/** The whole file as a data URI of its media type. */
export async function dataUri(file: InputFile): Promise<string> {
  return `data:${file.mime};base64,${await base64Of(file)}`
}
