import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import type { Route } from '#core/contracts/routes/route.ts'
import { routes } from '#core/contracts/routes.ts'
import { openApiDocument } from '#functions/openapi/document.ts'
import { testApi } from '#test/support/call-api.ts'

const document = openApiDocument() as {
  paths: Record<string, Record<string, Record<string, unknown>>>
  components: { schemas: Record<string, { additionalProperties?: unknown }> }
}

test('the description of the API is OpenAPI 3.1, says a validator of others', async () => {
  const validator = new Validator()
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('every route is described, in one plain line', () => {
  for (const [name, route] of Object.entries(routes) as [string, Route][]) {
    expect(route.summary, name).toMatch(/^[A-Z].{10,100}\.$/)
    const operation = document.paths[route.path]?.[route.method.toLowerCase()]
    expect(operation, name).toMatchObject({ operationId: name, summary: route.summary })
    if (route.audience === 'person') expect(operation, name).toMatchObject({ 'x-role': route.role })
    const takesKey = JSON.stringify(operation?.parameters).includes('IdempotencyKey')
    expect(takesKey, name).toBe(route.audience === 'person' && route.method !== 'GET')
  }
})

test('what is asked is closed, what is answered may grow', () => {
  const { CreateTokenRequest, TokenView } = document.components.schemas
  expect(CreateTokenRequest?.additionalProperties).toBe(false)
  expect(TokenView?.additionalProperties).toBeUndefined()
})

test('no path stands for another one: what is in braces takes no fixed name', () => {
  const taken = new Map<string, string>()
  for (const [name, { method, path }] of Object.entries(routes)) {
    const shape = `${method} ${path.replace(/\{\w+\}/g, '{}')}`
    expect(taken.get(shape), name).toBeUndefined()
    taken.set(shape, name)
  }
})

test('who may look gets it from the API itself', async () => {
  const { call } = await testApi()
  const { status, json } = await call('GET', '/v1/openapi.json', { authorization: 'Bearer viewer' })
  expect(status).toBe(200)
  expect(json).toEqual(JSON.parse(JSON.stringify(document)))
})

test('docs/openapi.json is what the contracts say (node scripts/openapi.ts > docs/openapi.json, then format it)', () => {
  const stored = JSON.parse(readFileSync('docs/openapi.json', 'utf8'))
  expect(stored).toEqual(JSON.parse(JSON.stringify(document)))
})
