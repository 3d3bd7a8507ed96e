import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { requireTool } from './tools.ts'

/**
 * Starts Amazon's DynamoDB Local, in memory, on a free port. It dies with the test process.
 * @param folder that holds DynamoDBLocal.jar and DynamoDBLocal_lib
 */
export const startDynamoDbLocal = async (folder: string) => {
  const port = await freePort()
  const java = [
    requireTool('java'),
    '-Djava.library.path=./DynamoDBLocal_lib',
    '-jar',
    'DynamoDBLocal.jar',
  ]
  const command = [...java, '-inMemory', '-port', String(port)]
  const child = spawn(requireTool('setpriv'), ['--pdeathsig', 'KILL', ...command], {
    cwd: folder,
    stdio: 'ignore',
  })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill()
    await exited
  }
  const endpoint = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 150; tries++) {
    if (await fetch(endpoint).catch(() => undefined)) return { endpoint, stop }
    await delay(200)
  }
  await stop()
  throw new Error(`DynamoDB Local in ${folder} did not answer within half a minute.`)
}
