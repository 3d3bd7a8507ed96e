import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { SESv2Client } from '@aws-sdk/client-sesv2'
import { SNSClient } from '@aws-sdk/client-sns'
import { SSMClient } from '@aws-sdk/client-ssm'
import { afterEach, expect, test } from 'vitest'
import { parameterSecrets } from '#adapters/aws/parameter-secrets.ts'
import { sesMail } from '#adapters/aws/ses-mail.ts'
import { snsText, snsTopic } from '#adapters/aws/sns-messages.ts'
import { nastyMessage } from '#test/support/notify.ts'

// The service is a stand-in that answers what the test says: the requests of the SDK are what is looked at.
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
})
const service = async (
  answer: () => { status: number; body: string; headers?: Record<string, string> },
) => {
  const got: { path: string; body: string; target: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    got.push({
      ...{ path: request.url ?? '', body },
      target: String(request.headers['x-amz-target'] ?? ''),
    })
    const { status, body: text, headers } = answer()
    response.writeHead(status, headers).end(text)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const config = {
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
  }
  return { got, config }
}

const mail = { kind: 'mail' as const, from: 'xenkeep@example.org', to: ['ops@example.org'] }

test('SES gets the whole message with both parts; what it rejects for good is not sent again', async () => {
  let status = 200
  const { got, config } = await service(() =>
    status === 200
      ? { status, body: '{"MessageId":"1"}' }
      : {
          status,
          body: '{"message":"no"}',
          headers: {
            'x-amzn-errortype': status === 400 ? 'MessageRejected' : 'TooManyRequestsException',
          },
        },
  )
  const send = () => sesMail(new SESv2Client(config))(mail, nastyMessage())
  await send()
  const { FromEmailAddress, Destination, Content } = JSON.parse(got[0]?.body ?? '{}')
  expect(got[0]?.path).toBe('/v2/email/outbound-emails')
  expect([FromEmailAddress, Destination]).toEqual([mail.from, { ToAddresses: mail.to }])
  const raw = Buffer.from(Content.Raw.Data, 'base64').toString()
  expect(raw).toContain('text/plain')
  expect(raw).toContain('text/html')
  expect(raw.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/im)
  status = 429
  await expect(send()).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
  status = 400
  await expect(send()).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' })
})

test('SNS gets one call for each number, short, and a topic a subject that it takes', async () => {
  const body =
    '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>'
  const { got, config } = await service(() => ({
    status: 200,
    body,
    headers: { 'content-type': 'text/xml' },
  }))
  const client = new SNSClient(config)
  await snsText(client)({ kind: 'sms', to: ['+4930123456', '+4930123457'] }, nastyMessage())
  const arn = 'arn:aws:sns:eu-central-1:123456789012:xenkeep-oncall'
  await snsTopic(client)({ kind: 'topic', arn }, nastyMessage())
  const forms = got.map(call => new URLSearchParams(call.body))
  expect(forms.map(form => form.get('PhoneNumber') ?? form.get('TopicArn'))).toEqual([
    '+4930123456',
    '+4930123457',
    arn,
  ])
  expect(forms[0]?.get('Message')?.length).toBeLessThanOrEqual(300)
  expect(forms[2]?.get('Subject')).toMatch(/^XenKeep: [\x20-\x7e]{1,91}$/)
})

test('a number that SNS does not take keeps no other from its message, and is named', async () => {
  let calls = 0
  const { got, config } = await service(() => {
    const isBad = ++calls === 1
    const error =
      '<ErrorResponse><Error><Code>InvalidParameter</Code><Message>no</Message></Error></ErrorResponse>'
    return {
      status: isBad ? 400 : 200,
      body: isBad ? error : '<PublishResponse><PublishResult/></PublishResponse>',
      headers: { 'content-type': 'text/xml' },
    }
  })
  const to = { kind: 'sms' as const, to: ['+4930123456', '+4930123457'] }
  await expect(snsText(new SNSClient(config))(to, nastyMessage())).rejects.toMatchObject({
    code: 'DELIVERY_REFUSED',
    message: expect.stringContaining('but not for +4930123456'),
  })
  expect(got).toHaveLength(2)
})

test('a topic gets no more bytes than SNS takes, in whole characters', async () => {
  const { got, config } = await service(() => ({ status: 200, body: '<PublishResponse/>' }))
  const arn = 'arn:aws:sns:eu-central-1:123456789012:xenkeep-oncall'
  const message = nastyMessage()
  const document = { ...message.document, story: ['備'.repeat(100_000)] }
  await snsTopic(new SNSClient(config))({ kind: 'topic', arn }, { ...message, document })
  const form = new URLSearchParams(got[0]?.body)
  expect(Buffer.byteLength(form.get('Message') ?? '')).toBeLessThan(250_000)
  expect(form.get('Message')).toMatch(/備$/)
})

test('a sender that is not proved yet is tried again; a secret from a file ends without its line end', async () => {
  const ses = await service(() => ({
    status: 400,
    body: '{"message":"Email address is not verified."}',
    headers: { 'x-amzn-errortype': 'MessageRejected' },
  }))
  const sending = sesMail(new SESv2Client(ses.config))(mail, nastyMessage())
  await expect(sending).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
  const ssm = await service(() => ({ status: 200, body: '{"Parameter":{"Value":"sesame\\n"}}' }))
  const client = new SSMClient(ssm.config)
  const secrets = parameterSecrets({ client, prefix: '/xenkeep/secrets/', clock: { now: () => 0 } })
  expect(await secrets.read('a')).toBe('sesame')
})

test('the Parameter Store is asked for a decrypted value, once a minute; a missing one is told by its path', async () => {
  let now = 0
  let there = true
  const { got, config } = await service(() =>
    there
      ? { status: 200, body: '{"Parameter":{"Value":"sesame"}}' }
      : { status: 400, body: '{"__type":"ParameterNotFound"}' },
  )
  const secrets = parameterSecrets({
    client: new SSMClient(config),
    prefix: '/xenkeep/secrets/',
    clock: { now: () => now },
  })
  expect([await secrets.read('a'), await secrets.read('a')]).toEqual(['sesame', 'sesame'])
  expect(got).toHaveLength(1)
  expect(JSON.parse(got[0]?.body ?? '{}')).toEqual({
    Name: '/xenkeep/secrets/a',
    WithDecryption: true,
  })
  now = 61_000
  there = false
  await expect(secrets.read('a')).rejects.toMatchObject({
    code: 'CHANNEL_SECRET_MISSING',
    message: expect.stringContaining('/xenkeep/secrets/a'),
  })
})
