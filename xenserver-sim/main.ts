import { readOptions, usage } from './options.ts'
import { startPool } from './pool.ts'

const main = async () => {
  const options = readOptions(process.argv.slice(2))
  if (!options) return void process.stdout.write(usage)
  const { state: _, close, ...announced } = await startPool(options)
  const end = () => close().then(() => process.exit(0))
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  // Started with a channel (ipc): it ends with the process that started us.
  process.once('disconnect', end)
  process.stdout.write(`${JSON.stringify({ url: announced.hosts[0]?.url, ...announced })}\n`)
}

main().catch((error: Error) => {
  process.stderr.write(`xenserver-sim: ${error.message} Run it with --help to see the options.\n`)
  process.exit(2)
})
