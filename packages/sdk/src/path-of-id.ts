import { ReelayError } from './errors.ts'

/**
 * The path of one object of a collection.
 * @throws ReelayError `invalid_argument`, because an empty id would name another route
 */
export function pathOfId(collection: string, id: string, suffix = ''): string {
  if (typeof id !== 'string' || id === '' || id === '.' || id === '..') {
    throw new ReelayError('invalid_argument', `The id is empty: pass one of those in ${collection}`, {
      param: 'id',
    })
  }
  return `${collection}/${encodeURIComponent(id)}${suffix}`
}
