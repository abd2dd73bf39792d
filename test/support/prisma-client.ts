// A client of Prisma for raw SQL. `prisma generate` downloads a program, so this file does what it generates.

import { PrismaPg } from '@prisma/adapter-pg'
import { getPrismaClient } from '@prisma/client/runtime/client'
import type { PrismaTransaction } from '../../src/library/transactional-publish.ts'

export interface PrismaClient {
  $transaction(action: (transaction: PrismaTransaction) => Promise<void>): Promise<unknown>
  $queryRawUnsafe(text: string, ...values: unknown[]): Promise<unknown>
  $disconnect(): Promise<void>
}

const compiler = '@prisma/client/runtime/query_compiler_fast_bg.postgresql'
const { WebAssembly: wasmOf } = globalThis as unknown as {
  readonly WebAssembly: { readonly Module: new (code: Buffer) => unknown }
}

/** The client that `prisma generate` makes of a schema without models. */
export function prismaClient(url: string): PrismaClient {
  const Client = getPrismaClient({
    previewFeatures: [],
    clientVersion: '7',
    engineVersion: '7',
    activeProvider: 'postgresql',
    inlineSchema: 'datasource db {\n  provider = "postgresql"\n}\n',
    runtimeDataModel: { models: {}, enums: {}, types: {} },
    parameterizationSchema: { strings: [], graph: 'AAAA' },
    compilerWasm: {
      getRuntime: () => import(`${compiler}.mjs`),
      async getQueryCompilerWasmModule() {
        const { wasm } = (await import(`${compiler}.wasm-base64.mjs`)) as { readonly wasm: string }
        return new wasmOf.Module(Buffer.from(wasm, 'base64'))
      },
      importName: './query_compiler_fast_bg.js',
    },
  })
  return new Client({ adapter: new PrismaPg({ connectionString: url }) })
}
