import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { KeyState } from '#adapters/memory/key-service.ts'

// A stand-in for AWS KMS, not KMS: Encrypt and Decrypt of the JSON 1.1 protocol as the API reference describes them, with the names, the
// statuses and the form of errors given there. Signatures are not checked. What AWS really does only a real account shows.

class Refusal extends Error {
  readonly status: number
  readonly type: string
  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }
}

const REFUSALS: Record<
  Exclude<KeyState, 'enabled'>,
  (key: string) => Pick<Refusal, 'status' | 'type' | 'message'>
> = {
  disabled: key => ({ status: 400, type: 'DisabledException', message: `${key} is disabled.` }),
  'pending deletion': key => ({
    status: 400,
    type: 'KMSInvalidStateException',
    message: `${key} is pending deletion.`,
  }),
  unsuitable: key => ({
    status: 400,
    type: 'KMSInvalidStateException',
    message: `${key} is pending import.`,
  }),
  denied: key => ({
    status: 400,
    type: 'AccessDeniedException',
    message: `User: arn:aws:iam::111122223333:user/agent is not authorized to perform: kms:Decrypt on resource: ${key}`,
  }),
  throttled: () => ({ status: 400, type: 'ThrottlingException', message: 'Rate exceeded' }),
  unavailable: () => ({ status: 500, type: 'KMSInternalException', message: '' }),
}

const refuse = (status: number, type: string, message: string): never => {
  throw new Refusal(status, type, message)
}

interface Input {
  KeyId: string
  Plaintext: string
  CiphertextBlob: string
  EncryptionContext?: Record<string, string>
}

/** @returns the endpoint of a KMS of its own, with keys that live as long as it does */
export const startKmsStandIn = async () => {
  const keys = new Map<string, { secret: Buffer; state: KeyState }>()
  const aliases = new Map<string, string>()
  const calls: string[] = []

  const find = (name: string) => {
    if (!/^(arn:aws:kms:|alias\/|[0-9a-f-]{36}$)/.test(name))
      refuse(400, 'ValidationException', 'not a key name')
    const key = aliases.get(name) ?? name
    const found = keys.get(key)
    if (!found) return refuse(400, 'NotFoundException', `Key '${name}' does not exist`)
    if (found.state !== 'enabled') {
      const { status, type, message } = REFUSALS[found.state](key)
      return refuse(status, type, message)
    }
    return { key, secret: found.secret }
  }
  const bound = (context: Record<string, string> = {}) =>
    Buffer.from(JSON.stringify(Object.entries(context).sort()))

  const actions: Record<string, (input: Input) => unknown> = {
    'TrentService.Encrypt': ({ KeyId, Plaintext, EncryptionContext }) => {
      const { key, secret } = find(KeyId)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(bound(EncryptionContext))
      const text = Buffer.concat([cipher.update(Buffer.from(Plaintext, 'base64')), cipher.final()])
      const head = Buffer.from(`${key}\0`)
      const blob = Buffer.concat([head, nonce, cipher.getAuthTag(), text])
      return { CiphertextBlob: blob.toString('base64'), KeyId: key }
    },
    'TrentService.Decrypt': ({ KeyId, CiphertextBlob, EncryptionContext }) => {
      const { key, secret } = find(KeyId)
      const blob = Buffer.from(CiphertextBlob, 'base64')
      const end = blob.indexOf(0)
      const maker = blob.toString('utf8', 0, end)
      if (!keys.has(maker)) refuse(400, 'InvalidCiphertextException', '')
      if (maker !== key) refuse(400, 'IncorrectKeyException', 'The key ID does not match')
      const b = blob.subarray(end + 1)
      try {
        const cipher = createDecipheriv('aes-256-gcm', secret, b.subarray(0, 12))
        cipher.setAAD(bound(EncryptionContext)).setAuthTag(b.subarray(12, 28))
        const text = Buffer.concat([cipher.update(b.subarray(28)), cipher.final()])
        return { KeyId: key, Plaintext: text.toString('base64') }
      } catch {
        return refuse(400, 'InvalidCiphertextException', '')
      }
    },
  }

  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request))
    const target = String(request.headers['x-amz-target'])
    const send = (status: number, json: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify(json))
    try {
      calls.push(target)
      const action = actions[target] ?? refuse(400, 'UnknownOperationException', target)
      send(200, action(JSON.parse(body.toString())))
    } catch (error) {
      const { status, type, message } = error as Refusal
      send(status ?? 500, { __type: type ?? 'KMSInternalException', message })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    credentials: { accessKeyId: 'id', secretAccessKey: 'top-secret' },
    calls,
    createKey(alias?: string): string {
      const uuid = `00000000-0000-4000-8000-${String(keys.size + 1).padStart(12, '0')}`
      const key = `arn:aws:kms:eu-central-1:111122223333:key/${uuid}`
      keys.set(key, { secret: randomBytes(32), state: 'enabled' })
      if (alias) aliases.set(alias, key)
      return key
    },
    setState(key: string, state: KeyState): void {
      const found = keys.get(key)
      if (found) found.state = state
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
