import Button from '@cloudscape-design/components/button'
import { useEffect, useRef, useState } from 'react'
import type { CallInput } from '#core/contracts/client.ts'
import { useApi } from '../../api/context.tsx'
import { download } from '../../components/download.ts'
import { useNotices } from '../../components/notices.tsx'
import { audit } from '../../text/audit.ts'

const words = audit.download

/** Records at once, as many as the API gives. */
const PAGE = 1_000

/** Writes all records that match into a file, oldest first, one JSON object a line: hashes included, so that whoever gets it can compute the chain. */
export const ExportButton = ({
  query,
}: {
  query: NonNullable<CallInput<'listAudit'>['query']>
}) => {
  const { client } = useApi()
  const { tell, tellProblem } = useNotices()
  const [read, setRead] = useState<number>()
  const stop = useRef<AbortController>(undefined)
  useEffect(() => () => stop.current?.abort(), [])

  const run = async () => {
    const controller = new AbortController()
    const { signal } = controller
    stop.current = controller
    const lines: string[] = []
    setRead(0)
    try {
      for (let after: string | undefined; ; ) {
        const page = await client.call('listAudit', {
          query: { ...query, order: 'oldest', limit: PAGE, ...(after !== undefined && { after }) },
          signal,
        })
        lines.push(...page.items.map(record => `${JSON.stringify(record)}\n`))
        setRead(lines.length)
        after = page.next
        if (after === undefined) break
      }
      if (lines.length > 0) download('xenkeep-audit.jsonl', 'application/x-ndjson', lines.join(''))
      tell({
        type: lines.length > 0 ? 'success' : 'info',
        content: lines.length > 0 ? words.done(lines.length) : words.none,
      })
    } catch (error) {
      if (!signal.aborted) tellProblem(words.failed, error)
    } finally {
      setRead(undefined)
    }
  }
  return read === undefined ? (
    <Button iconName="download" onClick={() => void run()}>
      {words.start}
    </Button>
  ) : (
    <Button iconName="close" onClick={() => stop.current?.abort()}>
      {words.stop(read)}
    </Button>
  )
}
