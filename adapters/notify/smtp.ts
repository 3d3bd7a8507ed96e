import { createTransport } from 'nodemailer'
import type { SmtpAuth, SmtpServer } from '#core/contracts/channels.ts'
import { DeliveryFailedError, DeliveryRefusedError } from '#core/errors/notifications.ts'
import type { Secrets } from '#core/ports.ts'
import { mailMessage } from './mail-message.ts'
import { fetchToken } from './oauth-token.ts'
import { openSmtp } from './open-smtp.ts'
import type { Reach } from './reach.ts'
import type { Sender } from './senders.ts'
import type { WebCall } from './web-call.ts'
import { withoutSecrets } from './without-secrets.ts'

/**
 * Mail by an SMTP server. Certificates are always verified; `starttls` goes no further without TLS, so that nobody in between can talk us out of it.
 * @throws `DELIVERY_REFUSED` when the server refuses sender, recipients or message for good (5xx), or lies where this program must not call; `DELIVERY_FAILED`
 */
export const smtpSender =
  ({ secrets, reach, call }: { secrets: Secrets; reach: Reach; call: WebCall }) =>
  async (smtp: SmtpServer, ...[to, message]: Parameters<Sender<'mail'>>): Promise<void> => {
    const auth = smtp.auth && (await authOf(smtp.auth, secrets, call))
    const ca = smtp.ca === undefined ? {} : { ca: await secrets.read(smtp.ca) }
    const connection = await openSmtp(smtp, reach)
    const transport = createTransport({
      connection,
      host: smtp.host,
      port: smtp.port,
      secure: smtp.security === 'tls',
      requireTLS: smtp.security === 'starttls',
      ignoreTLS: smtp.security === 'none',
      tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...ca },
      ...(auth && { auth }),
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
    })
    try {
      const { rejected } = await transport.sendMail(mailMessage(to, message))
      if (rejected && rejected.length > 0)
        throw new DeliveryRefusedError(
          `the mail server took it, but not for ${rejected.map(String).join(', ')}`,
        )
    } catch (error) {
      throw judged(error, auth ? toldTo(auth) : [])
    } finally {
      transport.close()
      connection.destroy()
    }
  }

const authOf = async (auth: SmtpAuth, secrets: Secrets, call: WebCall) =>
  auth.kind === 'password'
    ? { user: auth.user, pass: await secrets.read(auth.password) }
    : {
        type: 'OAuth2' as const,
        user: auth.user,
        accessToken: await fetchToken(auth, secrets, call),
      }

/** In which forms a server is told who we are (RFC 4616, AUTH LOGIN, XOAUTH2), and may repeat it. */
const toldTo = (auth: Awaited<ReturnType<typeof authOf>>): string[] => {
  const secret = 'pass' in auth ? auth.pass : auth.accessToken
  const { user } = auth
  const forms = [
    ...[secret, `\u0000${user}\u0000${secret}`, `${user}\u0000${user}\u0000${secret}`],
    `user=${user}\u0001auth=Bearer ${secret}\u0001\u0001`,
  ]
  return [secret, ...forms.map(form => Buffer.from(form).toString('base64'))]
}

interface SmtpError {
  code?: string
  command?: string
  responseCode?: number
  response?: string
  message?: string
}

/** What the server says to these commands concerns the message; what it says earlier concerns the way to it, which somebody may repair. */
const OF_MESSAGE = new Set(['MAIL FROM', 'RCPT TO', 'DATA'])

const judged = (error: unknown, told: readonly string[]): Error => {
  if (error instanceof DeliveryRefusedError) return error
  const { code, command, responseCode = 0, response, message } = error as SmtpError
  const said = withoutSecrets(response ?? message ?? 'no reason was given', told)
  const words = said.replace(/\s+/g, ' ').slice(0, 300)
  if (responseCode >= 500 && OF_MESSAGE.has(command ?? ''))
    return new DeliveryRefusedError(`the mail server said "${words}"`, error)
  if (code === 'EAUTH')
    return new DeliveryFailedError(`the mail server does not let us in ("${words}")`, {
      cause: error,
    })
  if (responseCode > 0)
    return new DeliveryFailedError(`the mail server said "${words}"`, { cause: error })
  return new DeliveryFailedError(`the mail server could not be spoken to (${words})`, {
    cause: error,
  })
}
