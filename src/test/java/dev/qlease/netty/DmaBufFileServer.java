package dev.qlease.netty;

import dev.qlease.devmem.TxBinding;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Serves files that lie in a dma-buf, whole or a range of them, over HTTP: the headers in ordinary buffers, as Netty's
 * codec makes them, and the body as a region, which the processor never touches.
 */
@Sharable
final class DmaBufFileServer extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-(\\d{0,18})");

    /** Where in the dma-buf a file lies. */
    record File(long offset, long length) {}

    private final TxBinding binding;
    private final Map<String, File> files;

    DmaBufFileServer(TxBinding binding, Map<String, File> files) {
        this.binding = binding;
        this.files = Map.copyOf(files);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        File file = files.get(request.uri());
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            respond(context, request, HttpResponseStatus.METHOD_NOT_ALLOWED, 0, 0, "");
        } else if (file == null) {
            respond(context, request, HttpResponseStatus.NOT_FOUND, 0, 0, "");
        } else {
            serve(context, request, file);
        }
    }

    private void serve(ChannelHandlerContext context, FullHttpRequest request, File file) {
        String wanted = request.headers().get(HttpHeaderNames.RANGE);
        Matcher range = RANGE.matcher(wanted == null ? "" : wanted);
        if (!range.matches()) {
            respond(context, request, HttpResponseStatus.OK, file.offset(), file.length(), "");
            return;
        }
        long first = Long.parseLong(range.group(1));
        long last = range.group(2).isEmpty() ? Long.MAX_VALUE : Long.parseLong(range.group(2));
        long end = Math.min(last, file.length() - 1);
        if (first > end) {
            HttpResponseStatus refused = HttpResponseStatus.REQUESTED_RANGE_NOT_SATISFIABLE;
            respond(context, request, refused, 0, 0, "bytes */" + file.length());
            return;
        }
        String what = "bytes " + first + "-" + end + "/" + file.length();
        respond(context, request, HttpResponseStatus.PARTIAL_CONTENT, file.offset() + first, end - first + 1, what);
    }

    private void respond(
            ChannelHandlerContext context,
            FullHttpRequest request,
            HttpResponseStatus status,
            long offset,
            long length,
            String range) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
        HttpUtil.setContentLength(response, length);
        HttpUtil.setKeepAlive(response, HttpUtil.isKeepAlive(request));
        response.headers().set(HttpHeaderNames.ACCEPT_RANGES, "bytes");
        if (!range.isEmpty()) {
            response.headers().set(HttpHeaderNames.CONTENT_RANGE, range);
        }
        context.write(response);
        if (length > 0 && !request.method().equals(HttpMethod.HEAD)) {
            context.write(new DmaBufRegion(binding, offset, length));
        }
        ChannelFuture sent = context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        if (!HttpUtil.isKeepAlive(request)) {
            sent.addListener(ChannelFutureListener.CLOSE);
        }
    }
}
