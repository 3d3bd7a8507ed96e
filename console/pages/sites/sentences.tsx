import Box from '@cloudscape-design/components/box'
import { Words } from '../../components/words.tsx'

/** Sentences, below a headline where they have one of their own; nothing where there are none. */
export const Sentences = ({ title, texts }: { title?: string; texts: readonly string[] }) =>
  texts.length > 0 && (
    <div>
      {title !== undefined && <Box variant="awsui-key-label">{title}</Box>}
      <ul>
        {texts.map(text => (
          <li key={text}>
            <Words>{text}</Words>
          </li>
        ))}
      </ul>
    </div>
  )
