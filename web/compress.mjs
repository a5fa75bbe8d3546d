// Writes FILE.br and FILE.gz beside each file that it is given, where that is smaller; removes what was there before.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const CODINGS = {
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }), // quality 11
  gz: (bytes) => gzipSync(bytes, { level: 9 }),
};

for (const file of process.argv.slice(2)) {
  const bytes = readFileSync(file);
  for (const [suffix, compressed] of Object.entries(CODINGS)) {
    const smaller = compressed(bytes);
    if (smaller.length < bytes.length) writeFileSync(`${file}.${suffix}`, smaller);
    else rmSync(`${file}.${suffix}`, { force: true });
  }
}
