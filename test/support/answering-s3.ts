import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { S3Client } from '@aws-sdk/client-s3'
import { onTestFinished } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'

// Answers that a real S3 gives only in trouble, from a server that gives nothing else.

export type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** @returns the endpoint, there until the test is over */
export const serve = async (answer: Answer): Promise<string> => {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request))
    answer(request, response, body)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

export const credentials = { accessKeyId: 'id', secretAccessKey: 'top-secret' }

export const storeAt = (endpoint: string) => {
  const settings = { region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 }
  const client = new S3Client({ endpoint, credentials, ...settings })
  return s3ObjectStore({ client, bucket: 'b', prefix: 'p' })
}

const XML = { 'content-type': 'application/xml' }

export const refuse =
  (status: number, code: string): Answer =>
  (_, response) =>
    response
      .writeHead(status, XML)
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)

/** @param body the XML behind its declaration */
export const answer =
  (body: string, headers: { [name: string]: string } = {}): Answer =>
  (_, response) =>
    response.writeHead(200, { ...XML, ...headers }).end(`<?xml version="1.0"?>${body}`)
