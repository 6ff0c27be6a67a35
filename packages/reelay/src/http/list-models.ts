import type { Model, ModelList } from '@reelay/sdk'
import { ApiError } from './api-error.ts'
import { jsonAnswer, type Exchange } from './exchange.ts'

/** `GET /v1/models`: what can be reached now. */
export function listModels(exchange: Exchange): Response {
  const body: ModelList = { object: 'list', data: [...exchange.shared.catalog.list()] }
  return jsonAnswer(body)
}

/** `GET /v1/models/{id}`; the id may hold a slash, encoded or not. */
export function retrieveModel(exchange: Exchange): Response {
  const id = exchange.context.req.param('id') ?? ''
  const model: Model | undefined = exchange.shared.catalog.list().find((candidate) => candidate.id === id)
  if (model !== undefined) return jsonAnswer(model)
  throw new ApiError('model_not_found', 'There is no model with this id. GET /v1/models lists them.', {
    status: 404,
  })
}
