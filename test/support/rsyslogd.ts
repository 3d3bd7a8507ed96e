import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import type { SelfSigned } from './self-signed.ts'
import { requireTool } from './tools.ts'

/** What rsyslog understood of one message. */
export interface Received {
  facility: string
  severity: string
  hostname: string
  app: string
  msgid: string
  procid: string
  time: string
  sd: string
  message: string
}

export interface Rsyslogd {
  ports: { udp: number; tcp: number; tls: number }
  /** All it wrote so far. */
  received(): Promise<Received[]>
  start(): Promise<void>
  stop(): Promise<void>
  /** It hangs: its system goes on taking connections. */
  pause(): void
  resume(): void
  close(): Promise<void>
}

const member = (name: string, property: string): string =>
  `property(outname="${name}" name="${property}" format="jsonf")`

/** Debian's rsyslogd on three ports of this machine, writing one line of JSON for each message. It can be stopped and started again on the same ports. */
export const rsyslogd = async (tls: SelfSigned): Promise<Rsyslogd> => {
  const folder = await mkdtemp(join(tmpdir(), 'rsyslog-'))
  const [udp, tcp, tlsPort] = [await freePort(), await freePort(), await freePort()]
  const file = join(folder, 'received')
  await writeFile(join(folder, 'cert.pem'), tls.cert)
  await writeFile(join(folder, 'key.pem'), tls.key, { mode: 0o600 })
  await writeFile(
    join(folder, 'rsyslog.conf'),
    `
global(workDirectory="${folder}" defaultNetstreamDriver="gtls"
  defaultNetstreamDriverCAFile="${folder}/cert.pem"
  defaultNetstreamDriverCertFile="${folder}/cert.pem"
  defaultNetstreamDriverKeyFile="${folder}/key.pem")
module(load="imudp")
module(load="imtcp")
template(name="json" type="list" option.jsonf="on") {
  ${member('facility', 'syslogfacility-text')}
  ${member('severity', 'syslogseverity-text')}
  ${member('hostname', 'hostname')}
  ${member('app', 'app-name')}
  ${member('msgid', 'msgid')}
  ${member('procid', 'procid')}
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  ${member('sd', 'structured-data')}
  ${member('message', 'msg')}
}
ruleset(name="all") { action(type="omfile" file="${file}" template="json") }
input(type="imudp" address="127.0.0.1" port="${udp}" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="${tcp}" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="${tlsPort}" ruleset="all"
  StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
`,
  )
  let child: ChildProcess | undefined
  const stop = async () => {
    if (!child || child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
    child = undefined
  }
  const rsyslog: Rsyslogd = {
    ports: { udp, tcp, tls: tlsPort },
    async received() {
      const text = await readFile(file, 'utf8').catch(() => '')
      return text
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as Received)
    },
    async start() {
      child = spawn(
        requireTool('rsyslogd'),
        ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      )
      await listening(tcp)
      await listening(tlsPort)
    },
    stop,
    pause: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
    async close() {
      await stop()
      await rm(folder, { recursive: true })
    },
  }
  await rsyslog.start()
  return rsyslog
}

const listening = async (port: number): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1')
    const open = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      once(socket, 'error').then(() => false),
    ])
    socket.destroy()
    if (open) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`rsyslogd does not listen on ${port}.`)
}
