export declare const useCompileCache: (env: NodeJS.ProcessEnv) => void
