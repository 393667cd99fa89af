#!/usr/bin/env bash
# install_server.sh FOLDER
# Installs mongo-java-server (pinned) and its small starter into FOLDER. Does nothing where it is there already.
# Needs a JDK 17 (java, javac) and mvn; Debian: apt-get install openjdk-17-jdk-headless maven.
set -euo pipefail
version=1.47.0
folder=${1:?usage: install_server.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
stamp=$folder/INSTALLED
wanted="mongo-java-server $version starter 1"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    echo "already there: $wanted in $folder"
    exit 0
fi
for tool in java javac mvn; do
    command -v "$tool" >/dev/null || { echo "missing: $tool (apt-get install openjdk-17-jdk-headless maven)" >&2; exit 1; }
done
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cat >"$build/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>server</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>de.bwaldvogel</groupId><artifactId>mongo-java-server</artifactId><version>$version</version>
    </dependency>
    <dependency>
      <groupId>de.bwaldvogel</groupId><artifactId>mongo-java-server-h2-backend</artifactId><version>$version</version>
    </dependency>
  </dependencies>
</project>
POM
cat >"$build/Server.java" <<'JAVA'
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;

/** Server PORT [memory | DATA_FILE] [KEY_PEM CERT_PEM]: serves on 127.0.0.1 until it is stopped. */
public class Server {
    /** PyMongo 4.20 refuses wire versions below 9, and the library's newest constant says 8. */
    static final class Announced implements MongoVersion {
        public List<Integer> getVersionArray() { return List.of(5, 0, 0); }
        public int getWireVersion() { return 13; }
    }

    /** An unencrypted PKCS#8 RSA key in PEM. */
    static PrivateKey key(String path) throws Exception {
        String text = Files.readString(Path.of(path)).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    }

    static X509Certificate certificate(String path) throws Exception {
        try (FileInputStream in = new FileInputStream(path)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    public static void main(String[] args) throws Exception {
        boolean memory = args.length < 2 || args[1].equals("memory");
        H2Backend backend = memory ? H2Backend.inMemory() : new H2Backend(args[1]);
        MongoServer server = new MongoServer(backend.version(new Announced()));
        if (args.length > 3) {
            server.enableSsl(key(args[2]), null, certificate(args[3]));
        }
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind("127.0.0.1", Integer.parseInt(args[0]));
        System.out.println("listening");
        Thread.currentThread().join();
    }
}
JAVA
rm -rf "$folder/lib" "$folder/classes"
mvn -q -B -f "$build/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/lib"
javac -cp "$folder/lib/*" -d "$folder/classes" "$build/Server.java"
echo "$wanted" >"$stamp"
echo "installed: $wanted in $folder"
