import type { Kept } from '#gateway-agent/recipes/content.ts'
import { layIntoFolder } from '#gateway-agent/recipes/lay-into-folder.ts'
import { testContext } from '../job-context.ts'
import { recipeRoom } from './room.ts'

const MIB = 1024 * 1024

/**
 * Lays a point of one stream into a folder: 1 MiB after the other, without end.
 * @param size what the point says of its stream, in bytes
 */
export const layEndless = async (
  dataDir: string,
  jobId: string,
  { onWritten, size = MIB }: { onWritten?: () => void; size?: number },
) => {
  const kept: Kept = {
    stream: async function* () {
      for (let part = 0; ; part++) {
        if (part === 4) onWritten?.()
        yield Buffer.alloc(MIB, part)
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    },
    tree: async () => ({ note: 'there is none' }),
  }
  const made = await recipeRoom()
  await made.close()
  const room = { ...made.room, dataDir }
  const job = { jobId, context: testContext().context } as Parameters<typeof layIntoFolder>[1]
  const point = { streams: [{ id: 'dump', size }] } as unknown as Parameters<
    typeof layIntoFolder
  >[2]
  return layIntoFolder(room, job, point, kept)
}
