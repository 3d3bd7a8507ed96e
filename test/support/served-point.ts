import type { repoTool } from './repo-tool.ts'

/** `xenkeep repo serve POINT --json` in this process. @returns when it is serving */
export const servedPoint = async (
  tool: ReturnType<typeof repoTool>,
  point: string,
  ...options: string[]
) => {
  const { stdout } = tool.host
  const { promise, resolve } = Promise.withResolvers<string>()
  const write = stdout.write
  stdout.write = (text: string | Uint8Array) => {
    if (String(text).startsWith('{"event":"serving"')) resolve(String(text))
    return write(text as string)
  }
  const done = tool.json('serve', point, ...options)
  const text = await Promise.race([
    promise,
    done.then(({ stdout: out, stderr }) => {
      throw new Error(`not served: ${out}${stderr}`)
    }),
  ])
  stdout.write = write
  const { exports } = JSON.parse(text) as { exports: { uri: string; device: string }[] }
  return {
    exports,
    uri: exports[0]?.uri as string,
    end: async () => {
      tool.stop('SIGTERM')
      const { exitCode, document: last, stdout: all } = await done
      return { exitCode, last, all }
    },
  }
}
