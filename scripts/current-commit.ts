import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const git = async (...values: string[]): Promise<string> =>
  (await promisify(execFile)('git', values)).stdout.trim()

/** The commit that is checked out, with `+` behind it when files differ from it; `unknown` outside a repository. */
export async function currentCommit(): Promise<string> {
  try {
    const commit = await git('rev-parse', '--short=10', 'HEAD')
    return (await git('status', '--porcelain', '-uno')) === '' ? commit : `${commit}+`
  } catch {
    return 'unknown'
  }
}
