import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { VideoInput } from '@reelay/sdk'
import { usageError } from './cli-error.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.mp4': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
}

/** An input as the command line names it: an address is passed on, a path is read. @throws CliError */
export async function readInput(text: string, option: string): Promise<VideoInput> {
  if (/^(https?:\/\/|data:)/i.test(text)) return text
  try {
    const content = await readFile(text)
    const type = TYPES[extname(text).toLowerCase()] ?? 'application/octet-stream'
    return new File([content], basename(text), { type })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw usageError(`There is no file ${text}`, {
        hint: `check the path after ${option}`,
        param: option,
        cause,
      })
    }
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw usageError(`${option} ${text} cannot be read: ${reason}`, {
      hint: 'give a file or an http(s) address',
      param: option,
      cause,
    })
  }
}
