/** The smallest Image Builder that a release step can talk to: moto has none. It answers the three calls that start and watch a bake. */

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ImageKind } from '../../regions/derived.ts';

export interface BakeEnd {
  readonly status: 'AVAILABLE' | 'FAILED';
  readonly reason?: string;
}

export interface Bakery {
  /** What the deployed pipeline says that it bakes. */
  readonly contentHashOf: (kind: ImageKind) => string;
  readonly bake: (region: string, kind: ImageKind) => Promise<BakeEnd>;
}

export interface ImageBuilder {
  readonly url: string;
  /** Bakes since the last `begin`, each as `REGION KIND`. */
  readonly started: readonly string[];
  begin(bakery: Bakery): void;
  stop(): Promise<void>;
}

export async function startImageBuilder(): Promise<ImageBuilder> {
  const started: string[] = [];
  const ends = new Map<string, BakeEnd>();
  let bakery: Bakery | undefined;

  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    switch (`${request.method} ${pathname}`) {
      case 'GET /GetImagePipeline': {
        const arn = searchParams.get('imagePipelineArn') ?? '';
        const tags = { 'picl-idp:content-hash': bakery?.contentHashOf(placeOf(arn).kind) };
        return { imagePipeline: { arn, tags } };
      }
      case 'PUT /StartImagePipelineExecution': {
        const { imagePipelineArn } = await bodyOf(request);
        const { region, kind } = placeOf(imagePipelineArn);
        started.push(`${region} ${kind}`);
        const imageBuildVersionArn = `${imagePipelineArn.replace('image-pipeline', 'image')}/1.0.0/${started.length}`;
        ends.set(imageBuildVersionArn, (await bakery?.bake(region, kind)) ?? { status: 'FAILED' });
        return { imageBuildVersionArn };
      }
      case 'GET /GetImage':
        return { image: { state: ends.get(searchParams.get('imageBuildVersionArn') ?? '') } };
      default:
        throw new Error(`Image Builder of the tests has no ${request.method} ${pathname}`);
    }
  };
  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
      (error: Error) => response.writeHead(400).end(JSON.stringify({ message: error.message })),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    started,
    begin: (next) => {
      bakery = next;
      started.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** @param arn of one of the two pipelines. @throws Error when it is none of them. */
function placeOf(arn: string): { region: string; kind: ImageKind } {
  const parts = /^arn:aws:imagebuilder:([a-z0-9-]+):333333333333:image-pipeline\/picl-idp-release-(service|ring)$/.exec(
    arn,
  );
  if (parts === null) throw new Error(`no pipeline ${arn}`);
  return { region: parts[1] ?? '', kind: parts[2] as ImageKind };
}

async function bodyOf(request: IncomingMessage): Promise<{ imagePipelineArn: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
